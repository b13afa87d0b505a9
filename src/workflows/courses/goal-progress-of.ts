// Reads a goal of this course with the scores it had before, so that a new score can be placed among them.
import type { CarePlan, Goal, Observation } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { courseSystem } from '../../course/course-codes.ts';
import { allowedGoalMoves, type GoalStatus } from '../../course/course-moves.ts';
import {
  type ActivityRule,
  activityRating,
  activityRuleOf,
  activityTarget,
} from '../../course/goal/activity-progress.ts';
import { type GasLevel, isGasLevel } from '../../course/goal/goal-progress.ts';
import type { GoalProgress } from '../../course/session/session-resources.ts';
import { businessRule, notFound } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { readReferenced } from '../resources/read-known.ts';
import type { SessionRequest } from '../sessions/session-request.ts';

/** Refused: 404 a goal that is not of this course (another patient's included), 422 a score outside -2 to +2 or a goal that has ended. */
export async function goalProgressOf(
  context: WorkflowContext,
  carePlan: CarePlan,
  given: SessionRequest['goalProgress'][number],
  start: string,
  mayBe: readonly GoalStatus[] = ['active', 'on-hold'],
): Promise<GoalProgress> {
  const { value, expression } = given.goal;
  const isOfThisCourse = carePlan.goal?.some(({ reference }) => reference === value) ?? false;
  if (!isOfThisCourse) {
    throw notFound(`${value} is not known`, expression);
  }
  const goal = (await readReferenced(context.store, value, ['Goal'], expression)).resource();
  if (given.rating !== undefined && given.level !== undefined) {
    throw businessRule(`${value} is followed in one way: send "activity" or "gas"`, expression);
  }
  const isActivity = activityTarget(goal) !== undefined;
  if (isActivity !== (given.rating !== undefined)) {
    throw businessRule(
      isActivity
        ? `${value} is an activity: its rating is sent as "activity", not as "gas"`
        : `${value} is no activity that is rated: its level is sent as "gas"`,
      expression,
    );
  }
  const { level } = given;
  if (level !== undefined && !isGasLevel(level)) {
    throw businessRule(
      `goal attainment is a whole number from -2 (much less than expected) to +2 (much more), not ${level}`,
      expression,
    );
  }
  if (!mayBe.includes(goal.lifecycleStatus)) {
    const allowed = allowedGoalMoves(goal.lifecycleStatus).join(', ') || 'none';
    throw businessRule(
      `${value} is ${goal.lifecycleStatus}: progress is recorded on an active goal; allowed for this one: ${allowed}`,
      expression,
    );
  }
  const { id } = goal;
  if (!id) {
    throw new Error('a stored goal without an id');
  }
  const timeOf = timesOf(context);
  const earlier = (await goalScores(context, goal)).filter(
    ({ effectiveDateTime }) => timeOf(effectiveDateTime) <= timeOf(start),
  );
  if (given.rating !== undefined) {
    return {
      goal: { ...goal, id },
      rating: checkedRating(given.rating, activityRule(context.catalogue), expression),
      rule: activityRule(context.catalogue),
      earlierRatings: earlier.flatMap(({ valueInteger }) => valueInteger ?? []),
      ...(given.note !== undefined && { note: given.note }),
    };
  }
  if (level === undefined) throw new Error('a goal without a level was let through');
  return {
    goal: { ...goal, id },
    level,
    ...(given.note !== undefined && { note: given.note }),
    earlier: earlier.flatMap(({ valueInteger }): GasLevel[] =>
      valueInteger !== undefined && isGasLevel(valueInteger) ? [valueInteger] : [],
    ),
  };
}

/** What says no time comes first. */
function timesOf(context: WorkflowContext): (dateTime: string | undefined) => number {
  const { beginOf } = daysOf(context);
  return (dateTime) => beginOf(dateTime) ?? 0;
}

/** Refused (422): a rating that the scale does not have. */
export function checkedRating(rating: number, { low, high }: ActivityRule, expression: string): number {
  if (!Number.isInteger(rating) || rating < low || rating > high) {
    throw businessRule(
      `an activity is rated with a whole number from ${low} (cannot do it) to ${high} (can do it as before), not ${rating}`,
      expression,
    );
  }
  return rating;
}

/** What the content says about the rating of one activity. */
export function activityRule(catalogue: Catalogue): ActivityRule {
  const definition = catalogue
    .published()
    .find((resource) => resource.resourceType === 'ObservationDefinition' && resource.id === 'psfs-activity');
  if (definition?.resourceType !== 'ObservationDefinition') {
    throw new Error('ObservationDefinition/psfs-activity is not published');
  }
  return activityRuleOf(definition);
}

/** The scores of one goal in its measure, oldest first. */
export async function goalScores(context: WorkflowContext, goal: Goal): Promise<readonly Observation[]> {
  const { system, code } = activityTarget(goal)
    ? activityRating
    : { system: courseSystem, code: 'goal-attainment' };
  const found = await findResources(
    context.store,
    'Observation',
    [byReference('focus', `Goal/${goal.id}`), byToken('code', { system, code })],
    [{ parameter: 'date', descending: false }],
  );
  const timeOf = timesOf(context);
  return found
    .filter(({ status }) => ['final', 'amended', 'corrected'].includes(status))
    .toSorted((left, right) => timeOf(left.effectiveDateTime) - timeOf(right.effectiveDateTime));
}
