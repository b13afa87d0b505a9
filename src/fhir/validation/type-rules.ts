// The invariants of types and elements, ready to be tested: written out where we have them so, otherwise evaluated as FHIRPath.
import { evalFhirPathTyped, type FhirPathAtom, parseFhirPath, UCUM } from '@medplum/core';
import type { JsonObject } from '../json-object.ts';
import type { Scope } from './reference-fault.ts';
import { writtenRules } from './written-rules.ts';

export interface Rule {
  readonly key: string;
  readonly description: string;
  /** On a value of the right shape. */
  holds(value: unknown, scope: Scope): boolean;
}

export interface Constraint {
  readonly key: string;
  readonly severity: string;
  readonly expression: string;
  readonly description: string;
}

/** Checked where the whole resource is in view (ref-1), or by its own code (txt), or not at all because the pattern is costly (eld-19). */
const elsewhere = new Set(['ref-1', 'txt-1', 'txt-2', 'eld-19', 'sdf-19']);

/** Those among them that make a resource invalid; `type` is that of the value that they are evaluated on. */
export function rulesOf(constraints: readonly Constraint[] | undefined, type: string): readonly Rule[] {
  return (constraints ?? [])
    .filter((constraint) => constraint.severity === 'error' && !elsewhere.has(constraint.key))
    .map(({ key, expression, description }) => {
      const written = writtenRules.get(expression);
      return {
        key,
        description,
        holds: written
          ? // A primitive has no element that a written rule could ask for.
            (value) => written(value as JsonObject)
          : evaluated(expression, type),
      };
    });
}

/** Parsed when it is first needed. An expression that cannot be evaluated on a value says nothing good about the value. */
function evaluated(expression: string, type: string): Rule['holds'] {
  let parsed: FhirPathAtom | undefined;
  return (value, scope) => {
    parsed ??= parseFhirPath(expression);
    const root = { type: scope.type, value: scope.resource };
    const typed = { type, value };
    const variables = {
      '%context': typed,
      '%resource': root,
      '%rootResource': root,
      '%ucum': { type: 'string', value: UCUM },
    };
    try {
      const [result, ...more] = evalFhirPathTyped(parsed, [typed], variables);
      return more.length === 0 && result?.value === true;
    } catch {
      return false;
    }
  };
}
