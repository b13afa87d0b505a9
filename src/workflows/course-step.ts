// What comes next in a course as it is read: while it runs its own next step, and after its end the Task by which somebody has it.
import type { CarePlan, ServiceRequest, Task } from '@medplum/fhirtypes';
import { hasCourseCode } from '../course/course-codes.ts';
import { type CourseStep, nextStep } from '../course/next-step.ts';
import { isOpenTask, isWatchTask } from '../course/watch-tasks.ts';
import type { WorkflowContext } from './context.ts';
import { byReference, findResources } from './find-resources.ts';

export async function courseStep(
  { store }: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
  today: string,
): Promise<CourseStep> {
  const step = nextStep(carePlan, sessions, today);
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
  const due = dueOf(first).slice(0, 10);
  return {
    text: first.description ?? step.text,
    owner: first.owner.reference,
    ...(due !== '' && { due }),
    about: `Task/${first.id}`,
  };
}

const isNextStep = (task: Task): boolean =>
  hasCourseCode(task.code, 'next-step') || isWatchTask(task, 'follow-up-due', 'no-next-step');

const dueOf = ({ restriction, executionPeriod }: Task): string =>
  restriction?.period?.end ?? executionPeriod?.end ?? '';
