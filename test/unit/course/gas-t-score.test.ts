// The goal attainment T-score against vectors computed by hand from Kiresuk and Sherman's formula.
import { readFileSync } from 'node:fs';
import type { ObservationDefinition } from '@medplum/fhirtypes';
import { gasRuleOf, gasTScore } from '../../../src/course/goal/gas-t-score.ts';
import type { GasLevel } from '../../../src/course/goal/goal-progress.ts';

const file = new URL(
  '../../../fhir-profiles/observations/ObservationDefinition-gas-t-score.json',
  import.meta.url,
);
const rule = gasRuleOf(JSON.parse(readFileSync(file, 'utf8')) as ObservationDefinition);
const goals = (levels: readonly GasLevel[], weights: readonly number[] = levels.map(() => 1)) =>
  levels.map((level, index) => ({ level, weight: weights[index] ?? 1 }));

describe('the goal attainment T-score', () => {
  it.each([
    [[0], [1], 50],
    [[1], [1], 60],
    [[-2], [1], 30],
    [[-1, -1], [1, 1], 37.6],
    [[-1, -1, -1], [1, 1, 1], 36.31],
    [[1, 1, 0], [1, 1, 1], 59.13],
    [[2, 1, 0], [3, 2, 1], 67.63],
    [[-2, -1, 0], [3, 2, 1], 32.37],
    [[2, 2, 2, 2], [1, 1, 1, 1], 79.02],
  ] as const)('of %j with weights %j is %d', (levels, weights, expected) => {
    const score = gasTScore(goals(levels, weights), rule);
    expect(score.kind).toBe('score');
    expect(score.kind === 'score' && Math.round(score.value * 100) / 100).toBe(expected);
  });

  it('is the one-factor form for unweighted goals', () => {
    for (const [index, factor] of [10, 6.202, 4.564, 3.627, 3.015, 2.582].entries()) {
      const score = gasTScore(goals(Array.from({ length: index + 1 }, () => 1 as const)), rule);
      expect(score.kind === 'score' && (score.value - 50) / (index + 1)).toBeCloseTo(factor, 3);
    }
  });

  it('says what is missing instead of giving a number', () => {
    expect(gasTScore([], rule)).toEqual({ kind: 'no-goals' });
    expect(gasTScore(goals([1, 1], [1, 0]), rule)).toEqual({ kind: 'weight-not-positive' });
    expect(gasTScore(goals([1], [Number.NaN]), rule)).toEqual({ kind: 'weight-not-positive' });
  });
});
