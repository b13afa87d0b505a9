// The goal attainment T-score of Kiresuk and Sherman (Community Ment Health J 1968;4:443-453): one number for several goals.
import type { Extension, ObservationDefinition } from '@medplum/fhirtypes';
import type { GasLevel } from './goal-progress.ts';

/** What the method fixes; read from ObservationDefinition/gas-t-score, so that the numbers stand with their source. */
export interface GasRule {
  readonly mean: number;
  readonly standardDeviation: number;
  /** The assumed correlation between goals. */
  readonly rho: number;
}

export interface ScoredGoal {
  readonly level: GasLevel;
  /** Importance, above 0. */
  readonly weight: number;
}

export type GasTScore =
  | { readonly kind: 'score'; readonly value: number; readonly goals: number }
  | { readonly kind: 'no-goals' }
  | { readonly kind: 'weight-not-positive' };

/**
 * T = mean + sd * sum(w x) / sqrt((1 - rho) * sum(w^2) + rho * (sum w)^2), not rounded. 50 means: as expected, taken over all goals.
 * Scores of people with a different number of goals are not the same thing and must not be averaged without saying so.
 */
export function gasTScore(goals: readonly ScoredGoal[], rule: GasRule): GasTScore {
  if (goals.length === 0) {
    return { kind: 'no-goals' };
  }
  if (goals.some((goal) => !(goal.weight > 0))) {
    return { kind: 'weight-not-positive' };
  }
  const sum = (of: (goal: ScoredGoal) => number) => goals.reduce((total, goal) => total + of(goal), 0);
  const spread = Math.sqrt(
    (1 - rule.rho) * sum((goal) => goal.weight ** 2) + rule.rho * sum((goal) => goal.weight) ** 2,
  );
  const value = rule.mean + (rule.standardDeviation * sum((goal) => goal.weight * goal.level)) / spread;
  return { kind: 'score', value, goals: goals.length };
}

const gasRuleExtensionUrl = 'https://w3id.org/alongside/fhir/StructureDefinition/gas-rule';

function decimal(extension: Extension, url: string): number {
  const value = extension.extension?.find((part) => part.url === url)?.valueDecimal;
  if (value === undefined) {
    throw new Error(`ObservationDefinition/gas-t-score has no ${url}`);
  }
  return value;
}

/** Reads the method's numbers from its definition. Throws when the content is not as it was checked at start. */
export function gasRuleOf(definition: ObservationDefinition): GasRule {
  const extension = definition.extension?.find((candidate) => candidate.url === gasRuleExtensionUrl);
  if (!extension) {
    throw new Error('ObservationDefinition/gas-t-score has no gas-rule');
  }
  return {
    mean: decimal(extension, 'mean'),
    standardDeviation: decimal(extension, 'standard-deviation'),
    rho: decimal(extension, 'rho'),
  };
}
