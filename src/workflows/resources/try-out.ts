// Does the work of a workflow and takes it back, so that the answer can be seen before anything is stored.
import { inTransaction, type WorkflowContext } from '../context.ts';

/** The answer that `work` would give; nothing of it stays. A refusal is thrown as it would be. */
export async function tryOut<T>(
  context: WorkflowContext,
  work: (within: WorkflowContext) => Promise<T>,
): Promise<T> {
  const takenBack = new Error('what is tried out is always taken back');
  const answers: T[] = [];
  try {
    await inTransaction(context, async (within) => {
      answers.push(await work(within));
      throw takenBack;
    });
  } catch (error) {
    const answer = answers.at(-1);
    if (error === takenBack && answer !== undefined) {
      return answer;
    }
    throw error;
  }
  throw new Error('a transaction that throws does not end well');
}
