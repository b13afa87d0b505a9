// Finds what something to try at home is said to work on: factors of the explanation that is shared now, goals of the course.
import type { CarePlan, Extension } from '@medplum/fhirtypes';
import { newestFormulation } from '../../course/formulation/formulation.ts';
import { isStrivenFor, pertainsToGoalUrl, worksOnFactor } from '../../course/formulation/why-this.ts';
import type { HomeworkItem } from '../../course/session/homework.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { formulationsOf } from '../formulation/formulations-of.ts';
import { type Given, readReferenced } from '../resources/read-known.ts';

/** As it was sent. */
export interface GivenHomework extends Omit<HomeworkItem, 'why'> {
  /** Ids of factors. */
  readonly factors?: readonly Given[];
  /** "Goal/x" */
  readonly goals?: readonly Given[];
}

/** Refused (422): a factor that the shared explanation does not have, a goal that is not of this course or not strived for any more. */
export async function withReasons(
  context: WorkflowContext,
  carePlan: CarePlan,
  homework: readonly GivenHomework[],
): Promise<readonly HomeworkItem[]> {
  const items: HomeworkItem[] = [];
  for (const { factors = [], goals = [], ...item } of homework) {
    const why = [
      ...(await factorsNamed(context, carePlan, factors)),
      ...(await goalsNamed(context, carePlan, goals)),
    ];
    items.push({ ...item, ...(why.length > 0 && { why }) });
  }
  return items;
}

/** What is said twice is meant once. */
const once = (given: readonly Given[]): readonly Given[] => [
  ...new Map(given.map((each) => [each.value, each])).values(),
];

async function factorsNamed(
  context: WorkflowContext,
  carePlan: CarePlan,
  factors: readonly Given[],
): Promise<readonly Extension[]> {
  if (factors.length === 0) return [];
  const newest = newestFormulation(await formulationsOf(context, carePlan.subject.reference ?? ''));
  return once(factors).map(({ value, expression }) => {
    if (!newest) {
      throw businessRule(
        `there is no shared explanation yet in which "${value}" could stand: make one with POST CarePlan/[id]/$formulate, or leave "factor" out`,
        expression,
      );
    }
    const named = worksOnFactor(newest, value);
    if (!named) {
      const known = (newest.finding ?? []).flatMap(({ id }) => id ?? []).join(', ');
      throw businessRule(
        `the explanation that is shared now, ClinicalImpression/${newest.id}, has no factor "${value}"; known: ${known || 'none'}`,
        expression,
      );
    }
    return named;
  });
}

async function goalsNamed(
  { store }: WorkflowContext,
  carePlan: CarePlan,
  goals: readonly Given[],
): Promise<readonly Extension[]> {
  const known = (carePlan.goal ?? []).flatMap(({ reference }) => reference ?? []);
  const named: Extension[] = [];
  for (const { value, expression } of once(goals)) {
    if (!known.includes(value)) {
      throw businessRule(
        `"${value}" is no goal of this course; its goals: ${known.join(', ') || 'none'}`,
        expression,
      );
    }
    const goal = (await readReferenced(store, value, ['Goal'], expression)).resource();
    if (!isStrivenFor(goal)) {
      throw businessRule(
        `${value} is ${goal.lifecycleStatus}: name a goal that is still strived for, or leave "goal" out`,
        expression,
      );
    }
    named.push({ url: pertainsToGoalUrl, valueReference: { reference: value } });
  }
  return named;
}
