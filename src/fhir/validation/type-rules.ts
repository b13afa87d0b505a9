// The invariants of data types and of inner resources, which the validator of @medplum/core evaluates for the outermost resource only.
// The frequent ones are written out: a FHIRPath evaluation for each Quantity would cost more than all the rest.
import { evalFhirPathTyped, type FhirPathAtom, LRUCache, type TypedValue, UCUM } from '@medplum/core';
import type { Rule } from './type-table.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** True when the invariant holds. Keyed as in https://hl7.org/fhir/R4/datatypes.html */
const written: Readonly<Record<string, (value: JsonObject) => boolean>> = {
  'qty-3': (quantity) => quantity['code'] === undefined || quantity['system'] !== undefined,
  'cpt-2': (contact) => contact['value'] === undefined || contact['system'] !== undefined,
  'att-1': (attachment) => attachment['data'] === undefined || attachment['contentType'] !== undefined,
  'exp-1': (expression) => expression['expression'] !== undefined || expression['reference'] !== undefined,
  'per-1': (period) => !isAfter(period['start'], period['end']),
  'rng-2': (range) => !isMore(range['low'], range['high']),
  'rat-1': (ratio) =>
    (ratio['numerator'] === undefined) === (ratio['denominator'] === undefined) &&
    (ratio['numerator'] !== undefined || ratio['extension'] !== undefined),
  'eld-13': (element) => areDistinct(element['type'], 'code'),
  'eld-14': (element) => areDistinct(element['constraint'], 'key'),
};

function areDistinct(items: unknown, key: string): boolean {
  if (!Array.isArray(items)) return true;
  const values = items.map((item: JsonObject) => item[key]);
  return new Set(values).size === values.length;
}

/** Checked where the whole resource is in view (ref-1), or by its own code (txt), or not at all because the pattern is costly (eld-19). */
const elsewhere = new Set(['ref-1', 'txt-1', 'txt-2', 'eld-19', 'sdf-19']);

const parsed = new LRUCache<FhirPathAtom>(500);

/** The first invariant of the type that the value breaks. */
export function brokenRule(
  rules: readonly Rule[],
  type: string,
  value: JsonObject,
  root: TypedValue,
): Rule | undefined {
  return rules.find((rule) => {
    if (elsewhere.has(rule.key)) return false;
    const test = written[rule.key];
    return test ? !test(value) : !holds(rule.expression, type, value, root);
  });
}

function holds(expression: string, type: string, value: JsonObject, root: TypedValue): boolean {
  const variables = {
    '%context': { type, value },
    '%resource': root,
    '%rootResource': root,
    '%ucum': { type: 'string', value: UCUM },
  };
  const [result, ...more] = evalFhirPathTyped(expression, [{ type, value }], variables, parsed);
  return more.length === 0 && result?.value === true;
}

/** Only where both are known to the same precision; 2012 is not after 2012-05. */
function isAfter(start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return false;
  if (start.length > 10 && end.length > 10) return Date.parse(start) > Date.parse(end);
  const precision = Math.min(start.length, end.length, 10);
  return start.slice(0, precision) > end.slice(0, precision);
}

/** Only where both have the same unit: kilograms and grams are not compared. */
function isMore(low: unknown, high: unknown): boolean {
  if (!isQuantity(low) || !isQuantity(high)) return false;
  const isSameUnit = low.system === high.system && low.code === high.code && low.unit === high.unit;
  return isSameUnit && low.value > high.value;
}

interface Quantity {
  readonly value: number;
  readonly system?: unknown;
  readonly code?: unknown;
  readonly unit?: unknown;
}

function isQuantity(value: unknown): value is Quantity {
  return typeof value === 'object' && value !== null && 'value' in value && typeof value.value === 'number';
}
