// Does a write as it would be done and takes it back, to learn whether it would be refused: no check can be forgotten or differ.
import { FhirError } from '../../fhir/error.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';

/**
 * The refusal that `write` would meet, or undefined when it would be done. Nothing of it stays, neither resources nor the audit rows of
 * what was done; a refusal leaves its audit row as any other.
 */
export async function rehearse(
  context: WorkflowContext,
  write: (within: WorkflowContext) => Promise<unknown>,
): Promise<FhirError | undefined> {
  const takenBack = new Error('a rehearsal is always taken back');
  try {
    return await inTransaction(context, async (within) => {
      await write(within);
      throw takenBack;
    });
  } catch (error) {
    if (error === takenBack) return undefined;
    if (error instanceof FhirError) return error;
    throw error;
  }
}
