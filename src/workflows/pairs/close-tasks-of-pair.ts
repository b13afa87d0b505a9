// What was to be done for a member of a pair on a course, or was done, leads whoever does it to the person's record: with what the pair's
// consents opened that closes too, to everybody whom nothing else leads there.
import type { CarePlan, Task } from '@medplum/fhirtypes';
import { isOpenTask } from '../../course/watch/watch-tasks.ts';
import type { WorkflowContext } from '../context.ts';
import { sessionsOf } from '../courses/course-sessions.ts';
import { reasonOf } from '../courses/sentences-of.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { seesBeside } from './sees-beside.ts';

/** Open ones are taken back; of those that were done it is no longer said by whom. Answers with those that were taken back, as they were. */
export async function closeTasksOfPair(
  context: WorkflowContext,
  carePlan: CarePlan,
): Promise<readonly Task[]> {
  const patient = carePlan.subject.reference ?? '';
  const tasks = (await tasksOfPlan(context, carePlan)).filter((task) => ties(task).length > 0);
  const ids = new Set(tasks.map(({ id }) => `Task/${id}`));
  const isOnlyByPair = new Map<string, boolean>();
  for (const who of new Set(tasks.flatMap(ties))) {
    isOnlyByPair.set(who, !(await seesBeside(context, patient, who, ids)));
  }
  const takenBack: Task[] = [];
  for (const task of tasks.filter((each) => ties(each).some((who) => isOnlyByPair.get(who)))) {
    const lastModified = context.clock.now().toISOString();
    const closed: Task = isOpenTask(task)
      ? { ...task, status: 'cancelled', statusReason: reasonOf(context, 'pair-has-stopped'), lastModified }
      : { ...unsaid(task, isOnlyByPair), lastModified };
    await updateChecked(context, closed, task.meta?.versionId ?? '');
    if (isOpenTask(task)) takenBack.push(task);
  }
  return takenBack;
}

/** Whom it may lead there: people who take part in care. What did not come about leads nobody. */
function ties({ status, owner, requester }: Task): readonly string[] {
  if (['rejected', 'cancelled', 'failed', 'entered-in-error', 'draft'].includes(status)) return [];
  return [owner, requester].flatMap((each) =>
    each?.reference?.startsWith('Practitioner') ? [each.reference] : [],
  );
}

/** Who it was stands in the earlier version. */
function unsaid(task: Task, isOnlyByPair: ReadonlyMap<string, boolean>): Task {
  const display = 'Somebody who took part in the course: see its history';
  const isOnly = (reference: string | undefined) =>
    reference !== undefined && isOnlyByPair.get(reference) === true;
  return {
    ...task,
    ...(isOnly(task.owner?.reference) && { owner: { display } }),
    ...(isOnly(task.requester?.reference) && { requester: { display } }),
  };
}

/** About the plan, one of its days, or based on it. */
async function tasksOfPlan(context: WorkflowContext, carePlan: CarePlan): Promise<readonly Task[]> {
  const plan = `CarePlan/${carePlan.id}`;
  const days = (await sessionsOf(context, carePlan)).map(({ id }) => `ServiceRequest/${id}`);
  const about = await findResources(context.store, 'Task', [byReference('focus', plan, ...days)]);
  const based = await findResources(context.store, 'Task', [byReference('based-on', plan)]);
  return [...new Map([...about, ...based].map((task) => [task.id, task])).values()];
}
