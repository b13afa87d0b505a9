// Gathers what a course consists of by few searches: sessions as held, dose and alternation, scores against the own start, goals, homework.
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
import { elementSystem, extensionUrl } from '../../course/course-codes.ts';
import {
  type ActivityChange,
  type ActivityRule,
  activityChange,
  activityTarget,
} from '../../course/goal/activity-progress.ts';
import { type GasTScore, gasRuleOf, gasTScore, type ScoredGoal } from '../../course/goal/gas-t-score.ts';
import { isGasLevel } from '../../course/goal/goal-progress.ts';
import { type Start, startOfTrajectory } from '../../course/goal/trajectory.ts';
import { sessionNumber } from '../../course/next-step/next-step.ts';
import { type Alternation, alternationOf, elementModes } from '../../course/session/alternation.ts';
import { type MissedDay, missedDays } from '../../course/session/attendance.ts';
import {
  type DeliveredDose,
  deliveredDose,
  type ElementDose,
  elementDoses,
} from '../../course/session/element-dose.ts';
import type { SearchFilter } from '../../fhir/search-query.ts';
import { type Change, changeSince } from '../../instruments/change-since.ts';
import { type FollowedScore, followedScores } from '../answers/latest-scores.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { type CourseFacts, courseFacts, goalsOf } from './course-facts.ts';
import { activityRule } from './goal-progress-of.ts';

export interface CourseSession {
  readonly number: number;
  readonly session: ServiceRequest;
  /** Absent while the session was not held. */
  readonly encounter?: Encounter;
  /** Days on which it was to be, and did not take place. */
  readonly missed: readonly MissedDay[];
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
  /** For a goal that is an activity of the person's own. */
  readonly activity?: RatedActivityGoal;
}

interface RatedActivityGoal {
  /** Oldest first. */
  readonly ratings: readonly Observation[];
  readonly rule: ActivityRule;
  /** Against the person's own first rating. */
  readonly change?: ActivityChange;
}

export interface CourseParts {
  readonly sessions: readonly CourseSession[];
  readonly elements: readonly ElementDose[];
  readonly alternation: Alternation;
  readonly scores: readonly CourseScore[];
  readonly goals: readonly CourseGoal[];
  readonly gasTScore?: GasTScore;
  /** The newest answer to what happens after exertion. */
  readonly malaise?: Observation;
  /** By "Task/x": how sure the person felt about it. */
  readonly confidence: (task: string) => number | undefined;
  /** Every Task of this plan that can be seen. */
  readonly tasks: readonly Task[];
}

/** The context's store is a transaction's, so that all parts are of one moment. */
export async function courseParts(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<CourseParts> {
  const held = await heldSessions(context, carePlan, sessions);
  const facts = await courseFacts(context, carePlan.subject.reference ?? '');
  const goals = (await goalsOf(context, carePlan)).map(
    (goal): CourseGoal => ({
      goal,
      history: facts.attainment(`Goal/${goal.id}`),
      ...activityOf(context, goal, facts),
    }),
  );
  const tScore = tScoreOf(context, goals);
  return {
    sessions: held,
    elements: elementDoses(held.flatMap(({ delivered }) => delivered)),
    alternation: alternationOf(
      held.map(({ delivered }) => delivered),
      modesOf(context),
    ),
    scores: courseScores(context, carePlan, facts),
    goals,
    ...(tScore && { gasTScore: tScore }),
    confidence: (task) => facts.confidence(task),
    ...(facts.malaise && { malaise: facts.malaise }),
    tasks: await findResources(context.store, 'Task', [byReference('based-on', `CarePlan/${carePlan.id}`)]),
  };
}

async function heldSessions(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<readonly CourseSession[]> {
  const { store } = context;
  const days = daysOf(context);
  // A session's own are told apart below: a dozen references would each be looked up for every search.
  const ofSomeOrder: readonly SearchFilter[] = [
    byReference('subject', carePlan.subject.reference ?? ''),
    { parameter: 'based-on', test: { kind: 'missing', missing: false } },
  ];
  const encounters = sessions.length > 0 ? await findResources(store, 'Encounter', ofSomeOrder) : [];
  const procedures = sessions.length > 0 ? await findResources(store, 'Procedure', ofSomeOrder) : [];
  return sessions.map((session) => {
    const reference = `ServiceRequest/${session.id}`;
    const isOfSession = ({ basedOn }: Encounter | Procedure) =>
      basedOn?.some((base) => base.reference === reference);
    const encounter = encounters.find((each) => isOfSession(each) && each.status === 'finished');
    return {
      number: sessionNumber(session),
      session,
      ...(encounter && { encounter }),
      missed: missedDays(encounters.filter(isOfSession), days),
      delivered: procedures.filter(isOfSession).flatMap((procedure) => deliveredDose(procedure) ?? []),
    };
  });
}

function activityOf(
  { catalogue }: WorkflowContext,
  goal: Goal,
  facts: CourseFacts,
): Pick<CourseGoal, 'activity'> {
  if (activityTarget(goal) === undefined) return {};
  const ratings = facts.ratings(`Goal/${goal.id}`);
  const rule = activityRule(catalogue);
  const change = activityChange(
    ratings.flatMap(({ valueInteger }) => valueInteger ?? []),
    rule,
  );
  return { activity: { ratings, rule, ...(change && { change }) } };
}

function modesOf({ catalogue }: WorkflowContext) {
  const elements = catalogue.codeSystem(elementSystem);
  return elements ? elementModes(elements) : new Map();
}

function courseScores(
  context: WorkflowContext,
  carePlan: CarePlan,
  facts: CourseFacts,
): readonly CourseScore[] {
  const { catalogue } = context;
  const days = daysOf(context);
  const firstDay = days.dayOf(carePlan.period?.start) ?? carePlan.period?.start ?? '';
  return followedScores(catalogue).map((score) => {
    const totals = facts.totals(score);
    const [definition] = catalogue.scoreDefinitions(score.questionnaire);
    const start = startOfTrajectory(totals, firstDay, days);
    return {
      score,
      ...(start && { start }),
      points: start && definition ? pointsAfter(totals, start, definition) : [],
    };
  });
}

function pointsAfter(totals: readonly Observation[], start: Start, definition: ObservationDefinition) {
  const begin = totals.indexOf(start.observation);
  return totals
    .slice(begin + 1)
    .map((observation) => ({ observation, change: changeSince(start.observation, observation, definition) }));
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
