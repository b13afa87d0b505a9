// What comes next in a course as it is read: while it runs its own next step, and after its end the Task by which somebody has it.
import type { CarePlan, ServiceRequest, Task } from '@medplum/fhirtypes';
import type { Days } from '../../course/calendar.ts';
import { hasCourseCode } from '../../course/course-codes.ts';
import { isOpenSession } from '../../course/course-moves.ts';
import { type CourseStep, nextStep } from '../../course/next-step/next-step.ts';
import { isOpenTask, isWatchTask } from '../../course/watch/watch-tasks.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';

export async function courseStep(
  { store }: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
  days: Days,
  ofPlan: readonly Task[] = [],
): Promise<CourseStep> {
  const step = nextStep(carePlan, sessions, days);
  if (carePlan.status === 'active') return stepAfterAbsence(ofPlan, sessions, days) ?? step;
  if (carePlan.status !== 'completed' && carePlan.status !== 'revoked') return step;
  const about = new Set([
    `CarePlan/${carePlan.id}`,
    ...sessions.flatMap(({ basedOn }) => basedOn?.flatMap(({ reference }) => reference ?? []) ?? []),
  ]);
  const tasks = await findResources(store, 'Task', [
    byReference('patient', carePlan.subject.reference ?? ''),
  ]);
  const [first] = tasks
    .filter((task) => isOpenTask(task) && isNextStep(task) && about.has(task.focus?.reference ?? ''))
    .toSorted((left, right) => dueOf(left).localeCompare(dueOf(right)));
  if (!first?.owner?.reference) return step;
  const due = days.dayOf(dueOf(first));
  return {
    text: first.description ?? step.text,
    owner: first.owner.reference,
    ...(due !== undefined && { due }),
    about: `Task/${first.id}`,
  };
}

/** A session did not take place and nothing was agreed since: whoever gets in touch has the next step. */
function stepAfterAbsence(
  tasks: readonly Task[],
  sessions: readonly ServiceRequest[],
  { dayOf }: Days,
): CourseStep | undefined {
  const unchanged = ({ reasonReference, authoredOn }: Task) =>
    sessions.some(
      ({ id, status, meta }) =>
        isOpenSession(status) &&
        reasonReference?.reference === `ServiceRequest/${id}` &&
        Date.parse(meta?.lastUpdated ?? '') <= Date.parse(authoredOn ?? ''),
    );
  const task = tasks.find(
    (each) => hasCourseCode(each.code, 'get-in-touch') && isOpenTask(each) && unchanged(each),
  );
  if (!task?.owner?.reference) return undefined;
  const due = dayOf(dueOf(task));
  return {
    text: task.description ?? '',
    owner: task.owner.reference,
    ...(due !== undefined && { due }),
    about: `Task/${task.id}`,
  };
}

const isNextStep = (task: Task): boolean =>
  hasCourseCode(task.code, 'next-step') || isWatchTask(task, 'follow-up-due', 'no-next-step');

const dueOf = ({ restriction, executionPeriod }: Task): string =>
  restriction?.period?.end ?? executionPeriod?.end ?? '';
