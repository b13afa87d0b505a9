// Derives a goal's achievementStatus from goal attainment scores. Nobody types it: the rule is this table.
import type { CodeableConcept } from '@medplum/fhirtypes';

/** Goal attainment: -2 much less than expected, -1 less, 0 as expected, +1 more, +2 much more (Kiresuk & Sherman 1968). */
const gasLevels = [-2, -1, 0, 1, 2] as const;
export type GasLevel = (typeof gasLevels)[number];

export function isGasLevel(value: number): value is GasLevel {
  return gasLevels.some((level) => level === value);
}

/** The codes of http://terminology.hl7.org/CodeSystem/goal-achievement that the rule can give. */
const displays = {
  'in-progress': 'In Progress',
  improving: 'Improving',
  'no-change': 'No Change',
  worsening: 'Worsening',
  achieved: 'Achieved',
  sustaining: 'Sustaining',
} as const;
export type Achievement = keyof typeof displays;

export function achievementConcept(code: Achievement): CodeableConcept {
  return {
    coding: [
      { system: 'http://terminology.hl7.org/CodeSystem/goal-achievement', code, display: displays[code] },
    ],
  };
}

type Comparison = 'first' | 'higher' | 'same' | 'lower';

/** Below what was expected: the direction since the score before decides. */
const belowExpected = {
  first: 'in-progress',
  higher: 'improving',
  same: 'no-change',
  lower: 'worsening',
} as const satisfies Record<Comparison, Achievement>;

/** As expected or better: whether the score before was so too decides. */
const asExpected = { before: 'sustaining', now: 'achieved' } as const satisfies Record<string, Achievement>;

function comparison(now: number, before: number | undefined): Comparison {
  if (before === undefined) {
    return 'first';
  }
  if (now === before) {
    return 'same';
  }
  return now > before ? 'higher' : 'lower';
}

/**
 * The achievementStatus that follows from the scores in the order in which they were given; undefined without a score.
 * "Sustaining" needs a score before that was already as expected.
 */
export function achievementOf(scores: readonly GasLevel[]): CodeableConcept | undefined {
  const now = scores.at(-1);
  const before = scores.at(-2);
  if (now === undefined) {
    return undefined;
  }
  const code =
    now < 0
      ? belowExpected[comparison(now, before)]
      : asExpected[before !== undefined && before >= 0 ? 'before' : 'now'];
  return achievementConcept(code);
}
