// What is said of a goal that is an activity follows from its ratings by rule: what was wanted, the published threshold, and else nothing.
import { readFileSync } from 'node:fs';
import type { ObservationDefinition } from '@medplum/fhirtypes';
import {
  activityAchievement,
  activityChange,
  activityRuleOf,
  activityTarget,
} from '../../../src/course/goal/activity-progress.ts';

const file = 'fhir-profiles/observations/ObservationDefinition-psfs-activity.json';
const definition = JSON.parse(readFileSync(file, 'utf8')) as ObservationDefinition;
const rule = activityRuleOf(definition);
const said = (ratings: readonly number[], wanted?: number, by: Partial<typeof rule> = rule) =>
  activityAchievement(ratings, wanted, by)?.coding?.[0]?.code;

it('reads the scale and the threshold of a single activity with its source', () => {
  const { citations, ...numbers } = rule;
  expect(numbers).toEqual({ low: 0, high: 10, minimumDifference: 3 });
  expect(citations).toContainEqual(expect.stringContaining('3 points for a single activity'));
});

it('reads no scale where the definition has none', () => {
  const { qualifiedInterval: _qualifiedInterval, ...without } = definition;
  expect(() => activityRuleOf(without)).toThrow('ObservationDefinition/psfs-activity has no range');
});

it.each<[readonly number[], number | undefined, string | undefined]>([
  [[], 8, undefined],
  [[2], 8, 'in-progress'],
  [[9], 8, 'achieved'],
  [[2, 8], 8, 'achieved'],
  [[2, 8, 8], 8, 'sustaining'],
  [[2, 9, 7, 8], 8, 'achieved'],
  [[2, 2], 8, 'no-change'],
  [[2, 4], 8, 'in-progress'],
  [[2, 5], 8, 'improving'],
  [[2, 4, 5], 8, 'improving'],
  [[5, 3], 8, 'in-progress'],
  [[5, 2], 8, 'worsening'],
  [[2, 5], undefined, 'improving'],
  [[2, 10], undefined, 'improving'],
])('of the ratings %j with %s wanted it is %s', (ratings, wanted, code) => {
  expect(said(ratings, wanted)).toBe(code);
});

it('says without a published threshold only what was wanted shows', () => {
  expect(said([2, 3], 8, {})).toBe('improving');
  expect(said([2, 9], undefined, {})).toBe('in-progress');
  expect(said([5, 0], 8, {})).toBe('in-progress');
  expect(said([2, 8], 8, {})).toBe('achieved');
  expect(activityChange([2, 9], {})).toEqual({ difference: 7 });
});

it('measures against the own first rating, and not with one alone', () => {
  expect(activityChange([2, 9, 4], rule)).toEqual({ difference: 2, isThresholdReached: false });
  expect(activityChange([6, 3], rule)).toEqual({ difference: -3, isThresholdReached: true });
  expect(activityChange([2], rule)).toBeUndefined();
});

it('knows a goal that is an activity by its target', () => {
  const measure = {
    coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/score', code: 'psfs-activity' }],
  };
  const goal = { resourceType: 'Goal', lifecycleStatus: 'active', description: {}, subject: {} } as const;
  expect(activityTarget({ ...goal, target: [{ measure, detailInteger: 8 }] })).toEqual({ value: 8 });
  expect(activityTarget({ ...goal, target: [{ measure, detailQuantity: { value: 7 } }] })).toEqual({
    value: 7,
  });
  expect(activityTarget({ ...goal, target: [{ measure }] })).toEqual({});
  expect(activityTarget({ ...goal, target: [{ detailString: 'Walk' }] })).toBeUndefined();
  expect(activityTarget(goal)).toBeUndefined();
});
