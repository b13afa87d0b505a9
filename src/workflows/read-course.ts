// Gathers a course for the therapist's eye: sessions, elements, scores against the person's own start, goals, homework, and what comes next.
import type { CarePlan, Task } from '@medplum/fhirtypes';
import type { CourseStep } from '../course/next-step.ts';
import type { KeptAnswer } from '../course/next-steps-answer.ts';
import { inTransaction, type WorkflowContext } from './context.ts';
import { type CourseParts, courseParts, homeworkOf, isOpenTask } from './course-parts.ts';
import { sessionsOf } from './course-sessions.ts';
import { courseStep } from './course-step.ts';
import { answersOf } from './kept-next-steps-answers.ts';
import { readKnown } from './read-known.ts';

export interface Course extends Omit<CourseParts, 'tasks'> {
  readonly carePlan: CarePlan;
  /** What is still to be tried at home. */
  readonly homework: readonly Task[];
  /** What was answered when possible next steps were looked at, oldest first. */
  readonly nextStepsAnswers: readonly KeptAnswer[];
  readonly next: CourseStep;
  readonly today: string;
}

/** One consistent reading. Refused: 404 unknown plan, 422 a plan that is no course. */
export function readCourse(context: WorkflowContext, carePlanId: string): Promise<Course> {
  return inTransaction(context, async (inside) => {
    const carePlan = (await readKnown(inside.store, 'CarePlan', carePlanId)).resource();
    const sessions = await sessionsOf(inside, carePlan);
    const { tasks, ...parts } = await courseParts(inside, carePlan, sessions);
    const today = inside.clock.now().toISOString().slice(0, 10);
    return {
      ...parts,
      carePlan,
      homework: homeworkOf(tasks).filter(isOpenTask),
      nextStepsAnswers: await answersOf(inside, carePlanId),
      next: await courseStep(inside, carePlan, sessions, today, tasks),
      today,
    };
  });
}
