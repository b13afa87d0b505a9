// Compares a score with the person's own start. It says how far, and whether a published threshold is reached; never whether treatment works.
import type { Observation, ObservationDefinition } from '@medplum/fhirtypes';
import { type MeasurementError, measurementError } from './measurement-error.ts';
import { extensionOf, scoreExtension } from './score-extensions.ts';
import { rounded } from './score-response.ts';
import { scoreRule } from './score-rule.ts';

export type Change =
  | {
      readonly kind: 'change';
      /** Score points, now minus start. */
      readonly difference: number;
      readonly threshold: ChangeThreshold;
      /** Absent where no source gives the reliability of the score, or where the two scores are not of quite the same thing. */
      readonly error?: MeasurementError;
      /** Why the difference is to be read with care; empty when nothing speaks against it. */
      readonly cautions: readonly ('prorated' | 'different-questions-apply' | 'different-scoring-version')[];
    }
  | {
      readonly kind: 'not-comparable';
      readonly reason: 'other-score' | 'no-value-at-start' | 'no-value-now';
    };

type ChangeThreshold =
  | {
      readonly kind: 'published';
      /** Score points: the smallest absolute difference that the source calls relevant. */
      readonly minimumDifference: number;
      readonly isReached: boolean;
      readonly citations: readonly string[];
    }
  | { readonly kind: 'none-published' };

export function changeSince(start: Observation, now: Observation, definition: ObservationDefinition): Change {
  const rule = scoreRule(definition);
  const isThisScore = (observation: Observation) =>
    observation.code.coding?.some(
      (coding) => coding.code === rule.code && coding.system === definition.code.coding?.[0]?.system,
    );
  if (rule.kind !== 'sum' || !isThisScore(start) || !isThisScore(now)) {
    return { kind: 'not-comparable', reason: 'other-score' };
  }
  const startValue = start.valueQuantity?.value;
  const nowValue = now.valueQuantity?.value;
  if (startValue === undefined) return { kind: 'not-comparable', reason: 'no-value-at-start' };
  if (nowValue === undefined) return { kind: 'not-comparable', reason: 'no-value-now' };
  const difference = rounded(nowValue - startValue, rule.decimals);
  const { minimumDifference, citations } = rule.change;
  const cautions = cautionsOf(start, now);
  const error = cautions.length === 0 ? measurementError(difference, rule.decimals, definition) : undefined;
  return {
    kind: 'change',
    difference,
    threshold:
      minimumDifference === undefined
        ? { kind: 'none-published' }
        : {
            kind: 'published',
            minimumDifference,
            isReached: Math.abs(difference) >= minimumDifference,
            citations,
          },
    ...(error && { error }),
    cautions,
  };
}

function cautionsOf(start: Observation, now: Observation) {
  const kinds = [start, now].map((each) => extensionOf(completenessOf(each), 'kind')?.valueCode);
  const highest = [start, now].map((each) => extensionOf(completenessOf(each), 'maxPossible')?.valueDecimal);
  const versions = [start, now].map(
    (each) => extensionOf(extensionOf(each, scoreExtension.basis), 'definition')?.valueCanonical,
  );
  return [
    ...(kinds.includes('prorated') ? (['prorated'] as const) : []),
    ...(highest[0] !== highest[1] ? (['different-questions-apply'] as const) : []),
    ...(versions[0] !== versions[1] ? (['different-scoring-version'] as const) : []),
  ];
}

function completenessOf(observation: Observation) {
  return extensionOf(observation, scoreExtension.completeness);
}
