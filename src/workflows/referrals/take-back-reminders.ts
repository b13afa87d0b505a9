// An answered referral waits no longer: what reminded of it is taken back at once, so that it ties nobody to the person who said no.
import type { Task } from '@medplum/fhirtypes';
import { isWaitingReferral } from '../../course/referral/stale-referral.ts';
import { isOpenTask, isWatchTask, overtakenTask } from '../../course/watch/watch-tasks.ts';
import type { WorkflowContext } from '../context.ts';
import { reasonOf } from '../courses/sentences-of.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { updateChecked } from '../resources/write-checked.ts';

export async function takeBackReminders(context: WorkflowContext, current: Task, next: Task): Promise<void> {
  if (!isWaitingReferral(current) || isWaitingReferral(next)) return;
  const about = await findResources(context.store, 'Task', [byReference('focus', `Task/${current.id}`)]);
  const answered = reasonOf(context, 'referral-answered');
  for (const task of about.filter((each) => isWatchTask(each, 'referral-waiting') && isOpenTask(each))) {
    const taken = overtakenTask(task, answered, context.clock.now().toISOString());
    await updateChecked(context, taken, task.meta?.versionId ?? '');
  }
}
