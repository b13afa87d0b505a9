// Gathers a course for the therapist's eye: sessions, elements, scores against the person's own start, goals, homework, and what comes next.
import type {
  CarePlan,
  Encounter,
  Goal,
  Observation,
  ObservationDefinition,
  Procedure,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { extensionUrl, hasCourseCode } from '../course/course-codes.ts';
import { type DeliveredDose, deliveredDose, type ElementDose, elementDoses } from '../course/element-dose.ts';
import { type GasTScore, gasRuleOf, gasTScore, type ScoredGoal } from '../course/gas-t-score.ts';
import { isGasLevel } from '../course/goal-progress.ts';
import { type CourseStep, nextStep, sessionNumber } from '../course/next-step.ts';
import { type Start, startOfTrajectory } from '../course/trajectory.ts';
import { type Change, changeSince } from '../instruments/change-since.ts';
import { inTransaction, type WorkflowContext } from './context.ts';
import { sessionsOf } from './course-sessions.ts';
import { byReference, byToken, findResources } from './find-resources.ts';
import { goalScores } from './goal-progress-of.ts';
import { type FollowedScore, followedScores, totalsOf } from './latest-scores.ts';
import { readKnown } from './read-known.ts';

export interface CourseSession {
  readonly number: number;
  readonly session: ServiceRequest;
  /** Absent while the session was not held. */
  readonly encounter?: Encounter;
  readonly delivered: readonly DeliveredDose[];
}

export interface CourseScore {
  readonly score: FollowedScore;
  readonly start?: Start;
  /** Every total from the start on, oldest first, with its distance to the start. */
  readonly points: readonly { readonly observation: Observation; readonly change: Change }[];
}

export interface CourseGoal {
  readonly goal: Goal;
  /** Goal attainment, oldest first. */
  readonly history: readonly Observation[];
}

export interface Course {
  readonly carePlan: CarePlan;
  readonly sessions: readonly CourseSession[];
  readonly elements: readonly ElementDose[];
  readonly scores: readonly CourseScore[];
  readonly goals: readonly CourseGoal[];
  readonly gasTScore?: GasTScore;
  readonly homework: readonly Task[];
  readonly next: CourseStep;
  readonly today: string;
}

/** One consistent reading. Refused: 404 unknown plan, 422 a plan that is no course. */
export function readCourse(context: WorkflowContext, carePlanId: string): Promise<Course> {
  return inTransaction(context, async (inside) => {
    const carePlan = (await readKnown(inside.store, 'CarePlan', carePlanId)).resource();
    const sessions = await sessionsOf(inside, carePlan);
    const held = await heldSessions(inside, carePlan, sessions);
    const goals = await courseGoals(inside, carePlan);
    const today = inside.clock.now().toISOString().slice(0, 10);
    const tScore = tScoreOf(inside, goals);
    return {
      carePlan,
      sessions: held,
      elements: elementDoses(held.flatMap(({ delivered }) => delivered)),
      scores: await courseScores(inside, carePlan),
      goals,
      ...(tScore && { gasTScore: tScore }),
      homework: await openHomework(inside, carePlan),
      next: nextStep(carePlan, sessions, today),
      today,
    };
  });
}

async function heldSessions(
  { store }: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<readonly CourseSession[]> {
  const references = sessions.map(({ id }) => `ServiceRequest/${id}`);
  const subject = byReference('subject', carePlan.subject.reference ?? '');
  const based = byReference('based-on', ...references);
  const encounters = references.length > 0 ? await findResources(store, 'Encounter', [subject, based]) : [];
  const procedures = references.length > 0 ? await findResources(store, 'Procedure', [subject, based]) : [];
  return sessions.map((session) => {
    const reference = `ServiceRequest/${session.id}`;
    const isOfSession = ({ basedOn }: Encounter | Procedure) =>
      basedOn?.some((base) => base.reference === reference);
    const encounter = encounters.find((each) => isOfSession(each) && each.status !== 'entered-in-error');
    return {
      number: sessionNumber(session),
      session,
      ...(encounter && { encounter }),
      delivered: procedures.filter(isOfSession).flatMap((procedure) => deliveredDose(procedure) ?? []),
    };
  });
}

async function courseScores(context: WorkflowContext, carePlan: CarePlan): Promise<readonly CourseScore[]> {
  const firstDay = carePlan.period?.start?.slice(0, 10) ?? '';
  const scores: CourseScore[] = [];
  for (const score of followedScores(context.catalogue)) {
    const totals = await totalsOf(context, carePlan.subject.reference ?? '', score);
    const [definition] = context.catalogue.scoreDefinitions(score.questionnaire);
    const start = startOfTrajectory(totals, firstDay);
    scores.push({
      score,
      ...(start && { start }),
      points: start && definition ? pointsAfter(totals, start, definition) : [],
    });
  }
  return scores;
}

function pointsAfter(totals: readonly Observation[], start: Start, definition: ObservationDefinition) {
  const begin = totals.indexOf(start.observation);
  return totals
    .slice(begin + 1)
    .map((observation) => ({ observation, change: changeSince(start.observation, observation, definition) }));
}

async function courseGoals(context: WorkflowContext, carePlan: CarePlan): Promise<readonly CourseGoal[]> {
  const goals: CourseGoal[] = [];
  for (const { reference } of carePlan.goal ?? []) {
    const [type, id] = reference?.split('/') ?? [];
    const found = type === 'Goal' && id ? await context.store.read('Goal', id) : undefined;
    const goal = found?.kind === 'found' ? found.version.resource() : undefined;
    if (goal?.resourceType === 'Goal') {
      goals.push({ goal, history: await goalScores(context, `Goal/${goal.id}`) });
    }
  }
  return goals;
}

/** Over the goals that were scored at least once, each with its newest level. */
function tScoreOf({ catalogue }: WorkflowContext, goals: readonly CourseGoal[]): GasTScore | undefined {
  const definition = catalogue
    .published()
    .find((resource) => resource.resourceType === 'ObservationDefinition' && resource.id === 'gas-t-score');
  const scored = goals.flatMap(({ goal, history }): ScoredGoal[] => {
    const level = history.at(-1)?.valueInteger;
    const weight = goal.extension?.find(({ url }) => url === extensionUrl.goalWeight)?.valueDecimal ?? 1;
    return level !== undefined && isGasLevel(level) ? [{ level, weight }] : [];
  });
  return definition?.resourceType === 'ObservationDefinition' && scored.length > 0
    ? gasTScore(scored, gasRuleOf(definition))
    : undefined;
}

async function openHomework({ store }: WorkflowContext, carePlan: CarePlan): Promise<readonly Task[]> {
  const tasks = await findResources(store, 'Task', [
    byReference('based-on', `CarePlan/${carePlan.id}`),
    byToken('status', { code: 'requested' }, { code: 'ready' }, { code: 'in-progress' }, { code: 'on-hold' }),
  ]);
  return tasks
    .filter((task) => hasCourseCode(task.code, 'homework'))
    .toSorted((left, right) =>
      (left.executionPeriod?.end ?? '9999').localeCompare(right.executionPeriod?.end ?? '9999'),
    );
}
