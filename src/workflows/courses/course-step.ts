// What comes next in a course as it is read: while it runs its own next step, and after its end the Task by which somebody has it.
import type { CarePlan, ServiceRequest, Task } from '@medplum/fhirtypes';
import type { Days } from '../../course/calendar.ts';
import { hasCourseCode } from '../../course/course-codes.ts';
import { isOpenSession } from '../../course/course-moves.ts';
import type { CourseStep } from '../../course/next-step/next-step.ts';
import { type Said, saidIn } from '../../course/said.ts';
import { isOpenTask, isWatchTask } from '../../course/watch/watch-tasks.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { reviewsOf } from './course-tasks.ts';
import { isToldToThePerson, nextStepOf } from './next-step-of.ts';
import { sentencesOf } from './sentences-of.ts';

export async function courseStep(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
  days: Days,
  ofPlan: readonly Task[] = [],
): Promise<CourseStep> {
  const step = nextStepOf(context, carePlan, sessions);
  if (carePlan.status === 'active') {
    const task = askedAfterAbsence(ofPlan, sessions);
    const said = isToldToThePerson(context)
      ? sentencesOf(context.catalogue)('get-in-touch-person')
      : step.said;
    return (task && stepOfTask(task, isToldToThePerson(context), said, days)) ?? step;
  }
  if (carePlan.status === 'on-hold') {
    const [review] = await reviewsOf(context, carePlan);
    return (review && stepOfTask(review, true, step.said, days)) ?? step;
  }
  if (carePlan.status !== 'completed' && carePlan.status !== 'revoked') return step;
  const about = new Set([
    `CarePlan/${carePlan.id}`,
    ...sessions.flatMap(({ basedOn }) => basedOn?.flatMap(({ reference }) => reference ?? []) ?? []),
  ]);
  const tasks = await findResources(context.store, 'Task', [
    byReference('patient', carePlan.subject.reference ?? ''),
  ]);
  // Of two that are due together, whoever reads it is told of their own.
  const isOwn = ({ owner }: Task) => owner !== undefined && owner.reference === context.actor.subject;
  const [first] = tasks
    .filter((task) => isOpenTask(task) && isNextStep(task) && about.has(task.focus?.reference ?? ''))
    .toSorted(
      (left, right) => dueOf(left).localeCompare(dueOf(right)) || Number(isOwn(right)) - Number(isOwn(left)),
    );
  return (first && stepOfTask(first, isToldToThePerson(context), step.said, days)) ?? step;
}

/** Undefined where nobody has it by name. In the words of the Task, unless it is said otherwise to somebody whose Task it is not. */
function stepOfTask(
  task: Task,
  isSaidOtherwise: boolean,
  said: Said,
  { dayOf }: Days,
): CourseStep | undefined {
  const owner = task.owner?.reference;
  if (owner === undefined) return undefined;
  const due = dayOf(dueOf(task));
  return {
    said:
      (isSaidOtherwise && owner !== task.for?.reference ? undefined : saidIn(task, 'description')) ?? said,
    owner,
    ...(due !== undefined && { due }),
    about: `Task/${task.id}`,
  };
}

/** A session did not take place and nothing was agreed since: whoever gets in touch has the next step. */
function askedAfterAbsence(tasks: readonly Task[], sessions: readonly ServiceRequest[]): Task | undefined {
  const unchanged = ({ reasonReference, authoredOn }: Task) =>
    sessions.some(
      ({ id, status, meta }) =>
        isOpenSession(status) &&
        reasonReference?.reference === `ServiceRequest/${id}` &&
        Date.parse(meta?.lastUpdated ?? '') <= Date.parse(authoredOn ?? ''),
    );
  return tasks.find(
    (each) => hasCourseCode(each.code, 'get-in-touch') && isOpenTask(each) && unchanged(each),
  );
}

const isNextStep = (task: Task): boolean =>
  hasCourseCode(task.code, 'next-step') || isWatchTask(task, 'follow-up-due', 'no-next-step');

const dueOf = ({ restriction, executionPeriod }: Task): string =>
  restriction?.period?.end ?? executionPeriod?.end ?? '';
