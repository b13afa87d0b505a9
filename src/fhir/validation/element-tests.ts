// What written-out invariants are made of: tests of the elements of one value. None of them allocates for a value that is as it should be.
import { isObject, type JsonObject } from '../json-object.ts';

/** The value is of the right shape; its codes and formats may still be wrong. */
export type Test = (value: JsonObject) => boolean;

const nothing: readonly JsonObject[] = [];

/** Whether the element is there, be it only with extensions. */
export function has(name: string): Test {
  const beside = `_${name}`;
  return (value) => value[name] !== undefined || value[beside] !== undefined;
}

/** The same for an element of several types: `value` is there as `valueString` or `_valueString`. */
export function hasChoice(name: string): Test {
  const key = new RegExp(`^_?${name}[A-Z]`);
  return (value) => {
    for (const each of Object.keys(value)) {
      if (key.test(each) && value[each] !== undefined) return true;
    }
    return false;
  };
}

/** Whether the element is one of these codes. */
export function is(name: string, ...codes: readonly string[]): Test {
  return (value) => codes.includes(value[name] as string);
}

/** Whether a CodeableConcept has one of these codes of a system. */
export function isCoded(name: string, system: string, ...codes: readonly string[]): Test {
  const isOne = is('code', ...codes);
  return (value) => {
    const concept = value[name];
    return (
      isObject(concept) &&
      listOf(concept, 'coding').some((coding) => coding['system'] === system && isOne(coding))
    );
  };
}

export function not(test: Test): Test {
  return (value) => !test(value);
}

export function both(one: Test, other: Test): Test {
  return (value) => one(value) && other(value);
}

export function notBoth(one: Test, other: Test): Test {
  return (value) => !one(value) || !other(value);
}

export function either(...tests: readonly Test[]): Test {
  return (value) => tests.some((test) => test(value));
}

export function exactlyOne(...tests: readonly Test[]): Test {
  return (value) => tests.filter((test) => test(value)).length === 1;
}

export function implies(condition: Test, consequence: Test): Test {
  return (value) => !condition(value) || consequence(value);
}

/** Both hold, or neither. */
export function same(one: Test, other: Test): Test {
  return (value) => one(value) === other(value);
}

/** The objects of a repeating element; none when it is absent. */
export function listOf(value: JsonObject, name: string): readonly JsonObject[] {
  const list = value[name];
  return Array.isArray(list) ? list : nothing;
}

export function noneOf(value: JsonObject, name: string, test: Test): boolean {
  return !listOf(value, name).some(test);
}

/** Whether the element is there and passes. */
export function someOf(value: JsonObject, name: string, test: Test): boolean {
  const element = value[name];
  return isObject(element) && test(element);
}

export function areDistinct(items: unknown, key: string): boolean {
  if (!Array.isArray(items) || items.length === 1) return true;
  const values = items.map((item: JsonObject) => item[key]).filter((value) => value !== undefined);
  return new Set(values).size === values.length;
}

/** Only where both are known to the same precision; 2012 is not after 2012-05. */
export function isAfter(start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return false;
  if (start.length > 10 && end.length > 10) return Date.parse(start) > Date.parse(end);
  const precision = Math.min(start.length, end.length, 10);
  return start.slice(0, precision) > end.slice(0, precision);
}

/** Only where both have the same unit: kilograms and grams are not compared. */
export function isMore(low: unknown, high: unknown): boolean {
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
  return isObject(value) && typeof value['value'] === 'number';
}
