// Reads the value side of a search parameter. https://hl7.org/fhir/R4/search.html#escaping
import { invalid } from '../error.ts';
import { referenceTarget } from '../reference.ts';
import type { FilterTest, Prefix } from '../search-query.ts';
import { dateInterval } from './date-interval.ts';

type Values<K extends FilterTest['kind']> = (FilterTest & { kind: K } & {
  values: readonly unknown[];
})['values'][number];

/** Splits at a separator that no backslash stands before. The pieces keep their escapes. */
export function splitEscaped(text: string, separator: ',' | '|' | '$'): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && at + 1 < text.length) {
      piece += character + text.charAt(++at);
    } else if (character === separator) {
      pieces.push(piece);
      piece = '';
    } else {
      piece += character;
    }
  }
  return [...pieces, piece];
}

/** A part of a value, as it is written where a separator in it must not separate. */
export const escaped = (text: string) => text.replace(/[\\,|$]/g, '\\$&');

export const unescaped = (text: string) => text.replace(/\\([\\,|$])/g, '$1');

const prefixes: Readonly<Record<string, Prefix>> = {
  eq: 'eq',
  ne: 'ne',
  gt: 'gt',
  lt: 'lt',
  ge: 'ge',
  le: 'le',
  sa: 'sa',
  eb: 'eb',
  ap: 'ap',
};

function prefixed(text: string): { readonly prefix: Prefix; readonly rest: string } {
  const match = /^([a-z]{2})(.*)$/.exec(text);
  const prefix = match?.[1] === undefined ? undefined : prefixes[match[1]];
  return prefix === undefined ? { prefix: 'eq', rest: text } : { prefix, rest: match?.[2] ?? '' };
}

/** `code`, `system|code`, `|code` (no system) and `system|` (any code). */
export function parseToken(name: string, text: string, isCaseIgnored: boolean): Values<'token'> {
  const parts = splitEscaped(text, '|').map(unescaped);
  const [first = '', second] = parts;
  if (parts.length > 2 || (first === '' && (second ?? '') === '')) {
    throw invalid(`${name}: "${text}" is not a token; write code, system|code, |code or system|.`);
  }
  const code = second ?? first;
  return {
    ...(second !== undefined && { system: first }),
    ...(code !== '' && { code: isCaseIgnored ? code.toLowerCase() : code }),
  };
}

const idForm = /^[A-Za-z0-9\-.]{1,64}$/;

/** `id`, `Type/id`, an absolute address or a canonical. `type` is the one that the parameter or its modifier allows. */
export function parseReference(
  name: string,
  text: string,
  type: string | undefined,
  baseUrl: string | undefined,
): Values<'reference'> {
  const value = unescaped(text);
  if (idForm.test(value)) {
    return { id: value, ...(type !== undefined && { type }) };
  }
  const target = referenceTarget(value, baseUrl);
  if (target === undefined || (target.kind === 'url' && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(target.url))) {
    throw invalid(`${name}: "${text}" is not a reference; write an id, Type/id or an absolute URL.`);
  }
  return target.kind === 'url' ? { url: target.url } : { type: target.type, id: target.id };
}

export function parseDate(name: string, text: string): Values<'date'> {
  const { prefix, rest } = prefixed(unescaped(text));
  // A plus that was not percent-encoded arrives as a space.
  const interval = dateInterval(rest.replace(/ (\d{2}:\d{2})$/, '+$1'));
  if (interval === undefined) {
    throw invalid(
      `${name}: "${text}" is not a date; write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone.`,
    );
  }
  return { prefix, interval };
}

/**
 * As typed, a number stands for half a unit of its last digit to either side; "approximately" for a tenth. The ends are found
 * in whole numbers: 5.4 reaches down to 5.35, of which a subtraction of doubles makes 5.3500000000000005.
 */
function numberRange(rest: string, prefix: Prefix): { low: number; high: number; value: number } | undefined {
  const [whole, sign = '', integer = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(rest) ?? [];
  const value = Number(rest);
  if (whole === undefined || !Number.isFinite(value)) {
    return undefined;
  }
  const tenths = BigInt(`${sign}${integer}${fraction}0`);
  const at = (end: bigint) => Number(`${end}e${Number(exponent) - fraction.length - 1}`);
  const [low, high] = [at(tenths - 5n), at(tenths + 5n)];
  if (prefix !== 'ap') {
    return { value, low, high };
  }
  const tenth = Math.abs(value) * 0.1;
  return { value, low: Math.min(low, value - tenth), high: Math.max(high, value + tenth) };
}

export function parseNumber(name: string, text: string): Values<'number'> {
  const { prefix, rest } = prefixed(unescaped(text));
  const range = numberRange(rest, prefix);
  if (range === undefined) {
    throw invalid(`${name}: "${text}" is not a number.`);
  }
  return { prefix, ...range };
}

/** `number`, `number|system|code` or `number||code`. */
export function parseQuantity(name: string, text: string): Values<'quantity'> {
  const parts = splitEscaped(text, '|').map(unescaped);
  const { prefix, rest } = prefixed(parts[0] ?? '');
  const range = numberRange(rest, prefix);
  if (range === undefined || (parts.length !== 1 && parts.length !== 3)) {
    throw invalid(`${name}: "${text}" is not a quantity; write number, number|system|code or number||code.`);
  }
  const [, system = '', code = ''] = parts;
  return { prefix, ...range, ...(system !== '' && { system }), ...(code !== '' && { code }) };
}

/** `system|type|value` of an identifier: all three are needed. */
export function parseTypedIdentifier(name: string, text: string): Values<'token'> {
  const [system = '', type = '', value = '', ...more] = splitEscaped(text, '|').map(unescaped);
  if (system === '' || type === '' || value === '' || more.length > 0) {
    throw invalid(`${name}: "${text}" is not an identifier with its type; write system|type|value.`);
  }
  return { system, code: `${type}|${value}` };
}
