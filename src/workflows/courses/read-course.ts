// Gathers a course: sessions, elements, scores against the person's own start, goals, homework, why each is there, and what comes next.
import type { CarePlan, Goal, ParametersParameter, ServiceRequest, Task } from '@medplum/fhirtypes';
import { may } from '../../auth/permits.ts';
import type { Days } from '../../course/calendar.ts';
import { plannedElements, type Why, whyFrom } from '../../course/formulation/why-this.ts';
import type { CourseStep } from '../../course/next-step/next-step.ts';
import type { KeptAnswer } from '../../course/next-step/next-steps-answer.ts';
import { saidParameter } from '../../course/said.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { formulationsOf } from '../formulation/formulations-of.ts';
import { whyWords } from '../formulation/why-words.ts';
import { answersOf } from '../next-steps/kept-next-steps-answers.ts';
import { readKnown } from '../resources/read-known.ts';
import { type CourseParts, courseParts } from './course-parts.ts';
import { sessionsOf } from './course-sessions.ts';
import { courseStep } from './course-step.ts';
import { homeworkAmong, isStillToTry } from './course-tasks.ts';

interface ToldWhy extends Omit<Why, 'sentence'> {
  /** The sentence for the person, with its translations. */
  readonly told: readonly ParametersParameter[];
}

export interface Course extends Omit<CourseParts, 'tasks'> {
  readonly carePlan: CarePlan;
  /** What is still to be tried at home. */
  readonly homework: readonly Task[];
  /** What was answered when possible next steps were looked at, oldest first. */
  readonly nextStepsAnswers: readonly KeptAnswer[];
  /** Why a goal, a session or something to try is there, as far as the one who asks may see it. */
  readonly why: (planned: Goal | ServiceRequest | Task, what?: 'this' | 'goal') => ToldWhy;
  /** What an open session is planned to consist of, each element with why. */
  readonly planned: (session: ServiceRequest) => ReturnType<typeof plannedElements<ToldWhy>>;
  readonly next: CourseStep;
  readonly days: Days;
}

/** One consistent reading. Refused: 404 unknown plan, 422 a plan that is no course. */
export function readCourse(context: WorkflowContext, carePlanId: string): Promise<Course> {
  return inTransaction(context, async (inside) => {
    const carePlan = (await readKnown(inside.store, 'CarePlan', carePlanId)).resource();
    const sessions = await sessionsOf(inside, carePlan);
    const { tasks, ...parts } = await courseParts(inside, carePlan, sessions);
    const days = daysOf(inside);
    const patient = carePlan.subject.reference ?? '';
    // What rests on the person's own explanation is shown from the asker's own store; a group as a whole has none.
    const isExplained = patient.startsWith('Patient/') && may(inside.actor, 'ClinicalImpression', 'search');
    const formulations = isExplained ? await formulationsOf(inside, patient) : [];
    const goals = parts.goals.map(({ goal }) => goal);
    const reasons = whyFrom(formulations, goals, whyWords(inside.catalogue));
    const why = (...planned: Parameters<typeof reasons>): ToldWhy => {
      const { sentence, ...reason } = reasons(...planned);
      return { ...reason, told: sentence ? [saidParameter('why', sentence)] : [] };
    };
    return {
      ...parts,
      why,
      planned: (session) => plannedElements(session, why),
      carePlan,
      homework: homeworkAmong(tasks).filter(isStillToTry),
      nextStepsAnswers: await answersOf(inside, carePlanId),
      next: await courseStep(inside, carePlan, sessions, days, tasks),
      days,
    };
  });
}
