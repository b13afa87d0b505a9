// Finds the Tasks that hang on a course: what is tried at home, the referral's, and those that ask to look at a pause again.
import type { CarePlan, ServiceRequest, Task } from '@medplum/fhirtypes';
import { hasCourseCode } from '../../course/course-codes.ts';
import type { WorkflowContext } from '../context.ts';
import { coordinationTasksOf } from '../referrals/coordination-tasks.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';

export async function homeworkOf({ store }: WorkflowContext, { id }: CarePlan): Promise<readonly Task[]> {
  const tasks = await findResources(store, 'Task', [byReference('based-on', `CarePlan/${id}`)]);
  return tasks.filter((task) => hasCourseCode(task.code, 'homework'));
}

/** What of these is to be tried at home, what is due first first. */
export function homeworkAmong(tasks: readonly Task[]): readonly Task[] {
  return tasks
    .filter(({ code, status }) => hasCourseCode(code, 'homework') && status !== 'entered-in-error')
    .toSorted((left, right) =>
      (left.executionPeriod?.end ?? '9999').localeCompare(right.executionPeriod?.end ?? '9999'),
    );
}

const stillToTry: ReadonlySet<Task['status']> = new Set(['requested', 'ready', 'in-progress', 'on-hold']);

export const isStillToTry = ({ status }: Task): boolean => stillToTry.has(status);

/** Of the referral that the course follows from; none when it has none. */
export async function referralTasksOf(
  context: WorkflowContext,
  sessions: readonly ServiceRequest[],
): Promise<readonly Task[]> {
  const references = sessions.flatMap(({ basedOn }) => basedOn?.map(({ reference }) => reference) ?? []);
  const referral = references.find((reference) => reference?.startsWith('ServiceRequest/'));
  return referral === undefined ? [] : coordinationTasksOf(context, referral);
}

/** The open ones that are about the plan itself. */
export const reviewsOf = (context: WorkflowContext, { id }: CarePlan): Promise<readonly Task[]> =>
  reviewsAbout(context, `CarePlan/${id}`);

/** The open next steps about a plan or a referral. */
export async function reviewsAbout({ store }: WorkflowContext, about: string): Promise<readonly Task[]> {
  const tasks = await findResources(store, 'Task', [
    byReference('focus', about),
    byToken('status', { code: 'requested' }),
  ]);
  return tasks.filter((task) => hasCourseCode(task.code, 'next-step'));
}
