// Reads a goal of this course with the scores it had before, so that a new score can be placed among them.
import type { CarePlan, Observation } from '@medplum/fhirtypes';
import { courseSystem } from '../course/course-codes.ts';
import { allowedGoalMoves, type GoalStatus } from '../course/course-moves.ts';
import { type GasLevel, isGasLevel } from '../course/goal-progress.ts';
import type { GoalProgress } from '../course/session-resources.ts';
import { businessRule, notFound } from '../fhir/error.ts';
import type { WorkflowContext } from './context.ts';
import { byReference, byToken, findResources } from './find-resources.ts';
import { type Given, readReferenced } from './read-known.ts';

/** Refused: 404 a goal that is not of this course (another patient's included), 422 a score outside -2 to +2 or a goal that has ended. */
export async function goalProgressOf(
  context: WorkflowContext,
  carePlan: CarePlan,
  given: { readonly goal: Given; readonly level: number; readonly note?: string },
  start: string,
  mayBe: readonly GoalStatus[] = ['active', 'on-hold'],
): Promise<GoalProgress> {
  const { value, expression } = given.goal;
  const isOfThisCourse = carePlan.goal?.some(({ reference }) => reference === value) ?? false;
  if (!isOfThisCourse) {
    throw notFound(`${value} is not known`, expression);
  }
  const goal = (await readReferenced(context.store, value, ['Goal'], expression)).resource();
  if (!isGasLevel(given.level)) {
    throw businessRule(
      `goal attainment is a whole number from -2 (much less than expected) to +2 (much more), not ${given.level}`,
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
  const earlier = (await goalScores(context, value)).filter(
    ({ effectiveDateTime }) => timeOf(effectiveDateTime) <= timeOf(start),
  );
  return {
    goal: { ...goal, id },
    level: given.level,
    ...(given.note !== undefined && { note: given.note }),
    earlier: earlier.flatMap(({ valueInteger }): GasLevel[] =>
      valueInteger !== undefined && isGasLevel(valueInteger) ? [valueInteger] : [],
    ),
  };
}

const timeOf = (dateTime: string | undefined): number => (dateTime === undefined ? 0 : Date.parse(dateTime));

/** The goal attainment scores of one goal, oldest first. */
export async function goalScores({ store }: WorkflowContext, goal: string): Promise<readonly Observation[]> {
  const found = await findResources(
    store,
    'Observation',
    [byReference('focus', goal), byToken('code', { system: courseSystem, code: 'goal-attainment' })],
    [{ parameter: 'date', descending: false }],
  );
  return found
    .filter(({ status }) => ['final', 'amended', 'corrected'].includes(status))
    .toSorted((left, right) => timeOf(left.effectiveDateTime) - timeOf(right.effectiveDateTime));
}
