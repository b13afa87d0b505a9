// How one score is made, read from its ObservationDefinition. Every number here comes from fhir-profiles/observations, with its source.
import type { Coding, Extension, ObservationDefinition } from '@medplum/fhirtypes';
import { type Criterion, criteriaOf } from './criterion.ts';
import { citationsOf, extensionOf, extensionsOf, scoreExtension, stringsOf } from './score-extensions.ts';

export interface Band {
  readonly coding: Coding;
  /** Score points, both inclusive. */
  readonly low: number;
  readonly high: number;
}

interface Threshold {
  readonly coding: Coding;
  /** Score points; reached from this value on. */
  readonly atLeast: number;
  /** Canonical of the ActivityDefinition that somebody carries out as soon as it is reached; undefined for a mere fact. */
  readonly raises: string | undefined;
}

interface MissingItemRule {
  readonly method: 'none' | 'mean-of-answered';
  readonly maxMissing: number;
  /** linkIds of questions that are not applicable unless answered with a weight, and never missing. */
  readonly notApplicableItems: ReadonlySet<string>;
}

interface ChangeRule {
  /** Score points; undefined when no threshold is published. */
  readonly minimumDifference: number | undefined;
  readonly citations: readonly string[];
}

interface RuleIdentity {
  readonly definition: ObservationDefinition;
  readonly url: string;
  readonly version: string;
  /** The code by which criteria and callers name this score. */
  readonly code: string;
}

export interface SumRule extends RuleIdentity {
  readonly kind: 'sum';
  /** What becomes of the answers: their sum, or their mean once so many are there. */
  readonly combine: { readonly by: 'sum' } | { readonly by: 'mean'; readonly minimumAnswered: number };
  /** Digits after the decimal point of the value. */
  readonly decimals: number;
  /** linkIds of questions and groups. */
  readonly items: readonly string[];
  /** artifact-urls of scores that are parts of this one. */
  readonly parts: readonly string[];
  readonly bands: readonly Band[];
  readonly thresholds: readonly Threshold[];
  readonly missing: MissingItemRule;
  readonly change: ChangeRule;
}

export interface CriteriaRule extends RuleIdentity {
  readonly kind: 'criteria';
  readonly criteria: readonly Criterion[];
  /** What the verdict must never be taken for. */
  readonly statement: string;
}

export type ScoreRule = SumRule | CriteriaRule;

const rules = new WeakMap<ObservationDefinition, ScoreRule>();

/** Throws an Error (a fault of our content, not of a client) when the definition does not say how to score. */
export function scoreRule(definition: ObservationDefinition): ScoreRule {
  const known = rules.get(definition);
  if (known) return known;
  const rule = read(definition);
  rules.set(definition, rule);
  return rule;
}

function read(definition: ObservationDefinition): ScoreRule {
  const identity = {
    definition,
    url: extensionOf(definition, scoreExtension.artifactUrl)?.valueUri ?? '',
    version: extensionOf(definition, scoreExtension.artifactVersion)?.valueString ?? '',
    code: definition.code.coding?.[0]?.code ?? '',
  };
  const criteria = extensionOf(definition, scoreExtension.criteria);
  if (criteria) {
    const statement = stringsOf(criteria, 'statement')[0];
    if (!statement) throw broken(definition, 'its criteria lack a statement');
    return { kind: 'criteria', ...identity, criteria: criteriaOf(criteria), statement };
  }
  const sum = extensionOf(definition, scoreExtension.sum);
  const mean = extensionOf(definition, scoreExtension.mean);
  if (!sum === !mean) throw broken(definition, 'it has not one of score-sum, score-mean and score-criteria');
  const change = extensionOf(definition, scoreExtension.changeRule);
  return {
    kind: 'sum',
    ...identity,
    combine: mean ? { by: 'mean', minimumAnswered: minimumAnswered(definition, mean) } : { by: 'sum' },
    decimals: definition.quantitativeDetails?.decimalPrecision ?? 0,
    items: stringsOf(sum ?? mean, 'item'),
    parts: extensionsOf(definition, scoreExtension.part).flatMap((part) => part.valueCanonical ?? []),
    bands: bandsOf(definition),
    thresholds: extensionsOf(definition, scoreExtension.threshold).map((extension) => {
      const coding = extensionOf(extension, 'code')?.valueCoding;
      const atLeast = extensionOf(extension, 'atLeast')?.valueDecimal;
      if (!coding || atLeast === undefined) throw broken(definition, 'a threshold lacks its code or value');
      return { coding, atLeast, raises: extensionOf(extension, 'raises')?.valueCanonical };
    }),
    missing: missingItemRule(definition),
    change: {
      minimumDifference: extensionOf(change, 'minimumDifference')?.valueDecimal,
      citations: citationsOf(change),
    },
  };
}

function minimumAnswered(definition: ObservationDefinition, mean: Extension): number {
  const minimum = extensionOf(mean, 'minimumAnswered')?.valueInteger;
  if (minimum === undefined || minimum < 1) throw broken(definition, 'its mean lacks minimumAnswered');
  return minimum;
}

function bandsOf(definition: ObservationDefinition): Band[] {
  return (definition.qualifiedInterval ?? [])
    .filter((interval) => interval.category === 'reference')
    .map((interval) => {
      const coding = interval.context?.coding?.[0];
      const low = interval.range?.low?.value;
      const high = interval.range?.high?.value;
      if (!coding || low === undefined || high === undefined)
        throw broken(definition, 'a band lacks its code or bounds');
      return { coding, low, high };
    });
}

function missingItemRule(definition: ObservationDefinition): MissingItemRule {
  const extension = extensionOf(definition, scoreExtension.missingItemRule);
  const method = extensionOf(extension, 'method')?.valueCode;
  const maxMissing = extensionOf(extension, 'maxMissing')?.valueInteger;
  if ((method !== 'none' && method !== 'mean-of-answered') || maxMissing === undefined) {
    throw broken(definition, 'its missing-item rule lacks a known method or maxMissing');
  }
  return { method, maxMissing, notApplicableItems: new Set(stringsOf(extension, 'notApplicableItem')) };
}

function broken(definition: ObservationDefinition, why: string): Error {
  return new Error(`ObservationDefinition/${definition.id} cannot be used for scoring: ${why}`);
}
