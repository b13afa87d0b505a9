// What the index keeps of a value, per kind of search parameter. https://hl7.org/fhir/R4/search.html#table
import { type ReferenceTarget, referenceTarget } from '../reference.ts';
import { dateInterval, earliestMs, latestMs, periodInterval } from './date-interval.ts';
import { fold } from './fold.ts';

export type IndexKind = 'string' | 'token' | 'reference' | 'date' | 'number' | 'quantity' | 'uri';

export type IndexValue =
  | { readonly kind: 'string'; readonly folded: string; readonly exact: string }
  /** system undefined: none is given; "implied": the element is a bare code, so its binding implies the system. */
  | {
      readonly kind: 'token';
      readonly system?: string;
      readonly isSystemImplied: boolean;
      readonly code: string;
    }
  /** An identifier with its own type: the type's system, and "type|value" as the code. Kept beside the plain one. */
  | { readonly kind: 'typed'; readonly system?: string; readonly code: string }
  /** Words beside a code: a display or a text, folded. */
  | { readonly kind: 'text'; readonly folded: string }
  | { readonly kind: 'reference'; readonly target: ReferenceTarget }
  | { readonly kind: 'date'; readonly fromMs: number; readonly untilMs: number }
  | {
      readonly kind: 'quantity';
      readonly low: number;
      readonly high: number;
      readonly system?: string;
      readonly code: string;
    }
  | { readonly kind: 'uri'; readonly uri: string };

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

/** As they are compared by `:exact`: a text that is longer by its beginning. */
export const exactly = (text: string): string => text.slice(0, 500);

function stringValues(value: unknown): IndexValue[] {
  if (typeof value === 'string') {
    return [{ kind: 'string', folded: fold(value), exact: exactly(value) }];
  }
  if (!isObject(value)) {
    return [];
  }
  // HumanName and Address: every part can be found, and so can the whole as it is written.
  const parts = [
    'text',
    'family',
    'given',
    'prefix',
    'suffix',
    'line',
    'city',
    'district',
    'state',
    'postalCode',
    'country',
  ];
  return parts
    .flatMap((part) => list(value[part]))
    .flatMap((part) => (typeof part === 'string' ? stringValues(part) : []));
}

function token(code: unknown, system: unknown, isSystemImplied = false): IndexValue[] {
  const codeText = text(code);
  const systemText = text(system);
  return codeText === undefined && systemText === undefined
    ? []
    : [
        {
          kind: 'token',
          code: codeText ?? '',
          isSystemImplied,
          ...(systemText !== undefined && { system: systemText }),
        },
      ];
}

/** The words beside a code, for `:text`; the same words once. */
function textValues(...texts: readonly unknown[]): IndexValue[] {
  const different = new Set(texts.filter((one) => typeof one === 'string'));
  const folded = different.size === 0 ? [] : [...new Set([...different].map(foldedText))];
  return folded.filter((one) => one !== '').map((one) => ({ kind: 'text', folded: one }));
}

/** The same few words stand beside the same codes again and again. */
const foldedTexts = new Map<string, string>();
const mostTexts = 2000;

function foldedText(written: string): string {
  const known = foldedTexts.get(written);
  if (known !== undefined) {
    return known;
  }
  if (foldedTexts.size >= mostTexts) {
    foldedTexts.clear();
  }
  const folded = fold(written);
  foldedTexts.set(written, folded);
  return folded;
}

/** An identifier's type, for `:of-type`. */
function typedValues(type: unknown, value: unknown): IndexValue[] {
  const valueText = text(value);
  if (!isObject(type) || valueText === undefined) {
    return [];
  }
  return list(type['coding'])
    .filter(isObject)
    .flatMap((coding) => {
      const [code, system] = [text(coding['code']), text(coding['system'])];
      return code === undefined
        ? []
        : [{ kind: 'typed', code: `${code}|${valueText}`, ...(system !== undefined && { system }) }];
    });
}

/** Coding, CodeableConcept, Identifier, ContactPoint, code, boolean, string; told apart by their fields. */
function tokenValues(value: unknown, isCaseIgnored: boolean): IndexValue[] {
  if (typeof value === 'string' || typeof value === 'boolean') {
    return token(String(value), undefined, true);
  }
  if (!isObject(value)) {
    return [];
  }
  if (Array.isArray(value['coding']) || (typeof value['text'] === 'string' && !('value' in value))) {
    const codings = list(value['coding']).filter(isObject);
    return [
      ...codings.flatMap((coding) => token(coding['code'], coding['system'])),
      ...textValues(value['text'], ...codings.map((coding) => coding['display'])),
    ];
  }
  if (isCaseIgnored) {
    return token(text(value['value'])?.toLowerCase(), undefined, true);
  }
  // A Coding has a code and a display, an Identifier a value and a type; each may be without any of them.
  const type = value['type'];
  return [
    ...token(value['code'] ?? value['value'], value['system']),
    ...textValues(value['display']),
    ...(isObject(type) ? [...textValues(type['text']), ...typedValues(type, value['value'])] : []),
  ];
}

function targetValues(reference: string, baseUrl: string | undefined): IndexValue[] {
  const target = referenceTarget(reference, baseUrl);
  if (target === undefined) {
    return [];
  }
  const bar = target.kind === 'url' ? target.url.indexOf('|') : -1;
  // A canonical with a version is also found without one.
  return target.kind === 'url' && bar > 0
    ? [
        { kind: 'reference', target },
        { kind: 'reference', target: { kind: 'url', url: target.url.slice(0, bar) } },
      ]
    : [{ kind: 'reference', target }];
}

/** References and canonicals; an identifier inside a reference is found by `:identifier`. */
function referenceValues(value: unknown, baseUrl: string | undefined): IndexValue[] {
  if (typeof value === 'string') {
    return targetValues(value, baseUrl);
  }
  if (!isObject(value)) {
    return [];
  }
  const identifier = isObject(value['identifier'])
    ? tokenValues(value['identifier'], false).filter(({ kind }) => kind === 'token')
    : [];
  return typeof value['reference'] === 'string'
    ? [...targetValues(value['reference'], baseUrl), ...identifier]
    : identifier;
}

/** date, dateTime, instant, Period, and a Timing by its outer limits. */
function dateValues(value: unknown): IndexValue[] {
  if (typeof value === 'string') {
    const interval = dateInterval(value);
    return interval === undefined ? [] : [{ kind: 'date', ...interval }];
  }
  if (!isObject(value)) {
    return [];
  }
  if ('start' in value || 'end' in value) {
    const interval = periodInterval(value['start'], value['end']);
    return interval === undefined ? [] : [{ kind: 'date', ...interval }];
  }
  const bounds = isObject(value['repeat']) ? value['repeat']['boundsPeriod'] : undefined;
  const intervals = [...list(value['event']), bounds]
    .flatMap(dateValues)
    .filter((entry) => entry.kind === 'date');
  return intervals.length === 0
    ? []
    : [
        {
          kind: 'date',
          fromMs: intervals.reduce((low, entry) => Math.min(low, entry.fromMs), latestMs),
          untilMs: intervals.reduce((high, entry) => Math.max(high, entry.untilMs), earliestMs),
        },
      ];
}

function amount(low: unknown, high: unknown, unit: Fields): IndexValue[] {
  if (typeof low !== 'number' && typeof high !== 'number') {
    return [];
  }
  const range = {
    kind: 'quantity' as const,
    low: typeof low === 'number' ? low : -Number.MAX_VALUE,
    high: typeof high === 'number' ? high : Number.MAX_VALUE,
  };
  const currency = text(unit['currency']);
  const system = currency === undefined ? text(unit['system']) : 'urn:iso:std:iso:4217';
  const code = currency ?? text(unit['code']);
  const label = text(unit['unit']);
  const coded: IndexValue = {
    ...range,
    code: code ?? label ?? '',
    ...(code !== undefined && system !== undefined && { system }),
  };
  return label === undefined || label === coded.code ? [coded] : [coded, { ...range, code: label }];
}

/** decimal, integer, Quantity and its kinds, Money, Range. */
function quantityValues(value: unknown): IndexValue[] {
  if (typeof value === 'number') {
    return amount(value, value, {});
  }
  if (!isObject(value)) {
    return [];
  }
  if (typeof value['value'] === 'number') {
    return amount(value['value'], value['value'], value);
  }
  const [low, high] = [value['low'], value['high']];
  const unit = isObject(low) ? low : isObject(high) ? high : {};
  return amount(isObject(low) ? low['value'] : undefined, isObject(high) ? high['value'] : undefined, unit);
}

/** The index rows of one value found by a parameter of this kind. A value of an unexpected shape has none. */
export function indexValues(
  kind: IndexKind,
  value: unknown,
  options: { readonly isCaseIgnored: boolean; readonly baseUrl: string | undefined },
): readonly IndexValue[] {
  switch (kind) {
    case 'string':
      return stringValues(value);
    case 'token':
      return tokenValues(value, options.isCaseIgnored);
    case 'reference':
      return referenceValues(value, options.baseUrl);
    case 'date':
      return dateValues(value);
    case 'number':
    case 'quantity':
      return quantityValues(value);
    case 'uri':
      return typeof value === 'string' ? [{ kind: 'uri', uri: value }] : [];
  }
}
