// How far two scores of one person may lie apart by the error of measurement alone, where a source gives the reliability of the score.
// Jacobson NS, Truax P. Clinical significance. J Consult Clin Psychol 1991;59:12-19: SE = SD * sqrt(1 - r); SE of a difference = sqrt(2) * SE.
import type { Extension, ObservationDefinition } from '@medplum/fhirtypes';
import { citationsOf, extensionOf, scoreExtension } from './score-extensions.ts';
import { rounded } from './score-response.ts';

/** What one source says of one score in one population; every number is from content. */
interface Reliability {
  /** 0 to 1. */
  readonly coefficient: number;
  /** Score points, in the same people. */
  readonly standardDeviation: number;
  /** Percent of the interval, and how many standard errors it reaches to each side. */
  readonly level: number;
  readonly multiplier: number;
}

export interface MeasurementError {
  /** Score points: the standard error of the difference between two scores. */
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
  /** Percent. */
  readonly level: number;
  readonly population: string;
  readonly citations: readonly string[];
  /** As it stands in the definition, so that the numbers can be computed again from where they are shown. */
  readonly source: Extension;
}

/** Digits after those of the score itself: enough to compute it again, and no more than can be meant. */
const extraDecimals = 2;

export const measurementErrorFormula =
  'standard error of the difference = standard deviation x sqrt(2 x (1 - reliability)); interval = difference -/+ multiplier x standard error';

/** Undefined where the definition gives no reliability. Throws an Error (a fault of our content) when what it gives cannot be used. */
export function measurementError(
  difference: number,
  decimals: number,
  definition: ObservationDefinition,
): MeasurementError | undefined {
  const source = extensionOf(definition, scoreExtension.reliability);
  if (!source) return undefined;
  const { coefficient, standardDeviation, level, multiplier } = reliabilityIn(source, definition);
  const standardError = standardDeviation * Math.sqrt(2 * (1 - coefficient));
  const round = (value: number) => rounded(value, decimals + extraDecimals);
  return {
    standardError: round(standardError),
    low: round(difference - multiplier * standardError),
    high: round(difference + multiplier * standardError),
    level,
    population: extensionOf(source, 'population')?.valueString ?? '',
    citations: citationsOf(source),
    source,
  };
}

function reliabilityIn(source: Extension, { id }: ObservationDefinition): Reliability {
  const number = (name: string, isUsable: (value: number) => boolean) => {
    const value = extensionOf(source, name)?.valueDecimal;
    if (value === undefined || !isUsable(value)) {
      throw new Error(`ObservationDefinition/${id}: its score-reliability has no usable ${name}`);
    }
    return value;
  };
  if (!extensionOf(source, 'population')?.valueString || citationsOf(source).length === 0) {
    throw new Error(`ObservationDefinition/${id}: its score-reliability lacks its population or its source`);
  }
  return {
    coefficient: number('coefficient', (value) => value >= 0 && value <= 1),
    standardDeviation: number('standardDeviation', (value) => value > 0),
    level: number('level', (value) => value > 0 && value < 100),
    multiplier: number('multiplier', (value) => value > 0),
  };
}
