// What is wrong in a plan that somebody wrote, so that no course can be planned by it. Anything else that is thrown is a fault of ours.

/** Its message says what is missing or cannot be meant, and quotes nothing but the plan. */
export class UnreadablePlan extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadablePlan';
  }
}
