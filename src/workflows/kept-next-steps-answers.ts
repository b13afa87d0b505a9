// Reads what was answered to the possible next steps of a course, each time that they were looked at.
import { type KeptAnswer, keptAnswers } from '../course/next-steps-answer.ts';
import type { WorkflowContext } from './context.ts';
import { byReference, findResources } from './find-resources.ts';

/** Oldest first. The context's store is a transaction's. */
export async function answersOf(
  { store }: WorkflowContext,
  carePlanId: string | undefined,
): Promise<readonly KeptAnswer[]> {
  return keptAnswers(
    await findResources(store, 'Provenance', [byReference('entity', `CarePlan/${carePlanId}`)]),
  );
}
