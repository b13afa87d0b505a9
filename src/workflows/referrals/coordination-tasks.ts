// Finds who was asked to take a referral.
import type { Task } from '@medplum/fhirtypes';
import { isCoordinationTask } from '../../course/referral/referral-resources.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';

/** The coordination Tasks of a referral, oldest first. */
export async function coordinationTasksOf(
  context: WorkflowContext,
  referral: string,
): Promise<readonly Task[]> {
  const tasks = await findResources(context.store, 'Task', [byReference('focus', referral)]);
  return tasks
    .filter(isCoordinationTask)
    .toSorted((left, right) => (left.authoredOn ?? '').localeCompare(right.authoredOn ?? ''));
}
