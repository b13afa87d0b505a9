// Reads what was answered to the possible next steps of a course, each time that they were looked at.
import { may } from '../../auth/permits.ts';
import { type KeptAnswer, keptAnswers } from '../../course/next-step/next-steps-answer.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';

/** Oldest first; none for a token that may not search where they stand. The context's store is a transaction's. */
export async function answersOf(
  { store, actor }: WorkflowContext,
  carePlanId: string | undefined,
): Promise<readonly KeptAnswer[]> {
  if (!may(actor, 'Provenance', 'search')) return [];
  return keptAnswers(
    await findResources(store, 'Provenance', [byReference('entity', `CarePlan/${carePlanId}`)]),
  );
}
