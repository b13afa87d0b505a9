// The one door by which JSON text comes in and goes out: strict on the way in, decimals as they were written on the way out.
// RFC 8259 (I-JSON, RFC 7493, for duplicate keys and surrogates) and https://hl7.org/fhir/R4/json.html.
import { malformed } from './error.ts';
import { findJsonFault, fitsDouble, type JsonLimits } from './json-fault.ts';

const defaultLimits: JsonLimits = { depth: 64, members: 10_000 };

/** How a number was written, by the object or array that holds it and its key there, for numbers that a double would write otherwise. */
const writtenNumbers = new WeakMap<object, Map<string, string>>();
/** Until one number was read that must be kept as written, no value can hold one, and `toJson` need not look. */
let keepsAny = false;

/**
 * Reads JSON text or UTF-8 bytes. Refuses, with FhirError `malformed` (400) and the place: invalid UTF-8, a syntax error, a duplicate
 * key, the key `__proto__`, NUL, half of a surrogate pair, a number beyond a double, and nesting or objects over the limits.
 * One leading byte order mark is dropped, as RFC 8259 section 8.1 permits: it carries no data, and some Windows tools always write it.
 * `1.10` is the number 1.1 to the program and `1.10` again to `toJson`.
 */
export function parseJson(source: Uint8Array | string, limits: Partial<JsonLimits> = {}): unknown {
  const text = typeof source === 'string' ? source.replace(/^\uFEFF/, '') : decodeUtf8(source);
  const allowed = { ...defaultLimits, ...limits };
  const seen = scan(text, allowed);
  if (seen.kind === 'faulty') throw refusalOf(text, allowed);
  let value: unknown;
  try {
    value = seen.hasOddNumbers ? parseKeepingNumbers(text) : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw refusalOf(text, allowed);
    throw error;
  }
  // A key that is written twice survives once, so the members read are fewer than the colons seen.
  if (countMembers(value) !== seen.members) throw refusalOf(text, allowed);
  return value;
}

/** A number that JSON.stringify would write otherwise, or a text that looks like one: then the slow way is taken. */
const mayHoldOddNumber = /[:,[](?:-0[,}\]]|-?\d[\d.]{15}|-?\d+\.\d*0[,}\]]|-?\d+(?:\.\d+)?[eE])/;

/** Reads text that `toJson` wrote: what `parseJson` refuses is known not to be in it. */
export function parseWritten(text: string): unknown {
  return mayHoldOddNumber.test(text)
    ? parseJson(text, { depth: Infinity, members: Infinity })
    : JSON.parse(text);
}

/** JSON text in which each number that `parseJson` read, and nobody changed, stands as it was written. */
export function toJson(value: unknown): string {
  if (!keepsAny || !holdsWrittenNumbers(value)) return JSON.stringify(value);
  return JSON.stringify(value, function (this: object, key: string, member: unknown) {
    const written = typeof member === 'number' ? writtenNumbers.get(this)?.get(key) : undefined;
    return written !== undefined && Number(written) === member ? rawJson(written) : member;
  });
}

/**
 * Tells `toJson` that `to` is a copy of `from` (of that one object, not of what is inside it). `{...resource}` needs it only where the
 * object itself holds a decimal: the objects inside are the same objects and keep theirs.
 */
export function copyExact<T extends object>(from: object, to: T): T {
  const written = writtenNumbers.get(from);
  if (written) writtenNumbers.set(to, written);
  return to;
}

/** Sets `to[toKey]` to `from[fromKey]`; a number is then written there as it stands in `from`. */
export function copyMember(from: object, fromKey: string, to: object, toKey: string): void {
  (to as Record<string, unknown>)[toKey] = (from as Readonly<Record<string, unknown>>)[fromKey];
  const text = writtenNumbers.get(from)?.get(fromKey);
  const known = writtenNumbers.get(to);
  if (text === undefined && !known?.has(toKey)) return;
  // A map of its own: copies share theirs with what they were copied from.
  const own = new Map(known);
  if (text === undefined) own.delete(toKey);
  else own.set(toKey, text);
  writtenNumbers.set(to, own);
}

/** A deep copy with each string value replaced by `change(text, key)`, where key is that of the nearest member; numbers stay as written. */
export function mapStrings<T>(value: T, change: (text: string, key: string) => string): T;
export function mapStrings(value: unknown, change: (text: string, key: string) => string): unknown {
  return mapped(value, '', change);
}

function mapped(value: unknown, key: string, change: (text: string, key: string) => string): unknown {
  if (typeof value === 'string') return change(value, key);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return copyExact(
      value,
      value.map((item: unknown) => mapped(item, key, change)),
    );
  }
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) copy[name] = mapped(member, name, change);
  return copyExact(value, copy);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const lossy = new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    const at = bytes.findIndex((byte, place) => byte !== lossy[place]);
    const line = bytes.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
    throw malformed(`The body is not valid UTF-8: byte ${at + 1}, on line ${line}.`);
  }
}

type Seen =
  | { readonly kind: 'faulty' }
  | { readonly kind: 'plain'; readonly members: number; readonly hasOddNumbers: boolean };

const faulty: Seen = { kind: 'faulty' };

/** One pass that finds what JSON.parse lets through. It need not know the grammar: JSON.parse and `findJsonFault` do. */
function scan(text: string, limits: JsonLimits): Seen {
  if (!text.isWellFormed()) return faulty;
  const membersAt: number[] = [0];
  let depth = 0;
  let members = 0;
  let hasOddNumbers = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(text, at + 1);
      if (at < 0) return faulty;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > limits.depth) return faulty;
      membersAt[depth] = 0;
    } else if (code === 0x7d || code === 0x5d) {
      if (--depth < 0) return faulty;
    } else if (code === 0x3a) {
      members++;
      const own = (membersAt[depth] ?? 0) + 1;
      if (own > limits.members) return faulty;
      membersAt[depth] = own;
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      const from = at;
      let plain = code !== 0x2d;
      for (let next = text.charCodeAt(at + 1); isNumberPart(next); next = text.charCodeAt(at + 1)) {
        if (next < 0x30 || next > 0x39) plain = false;
        at++;
      }
      // Fifteen digits always fit a double and are written back the same way.
      if (plain && at - from < 15) continue;
      const written = text.slice(from, at + 1);
      if (!fitsDouble(written)) return faulty;
      hasOddNumbers ||= JSON.stringify(Number(written)) !== written;
    }
  }
  return { kind: 'plain', members, hasOddNumbers };
}

/** Where the string that began before `at` ends; -1 for NUL, half of a surrogate pair, or no end. */
function endOfString(text: string, at: number): number {
  for (let place = at; place < text.length; place++) {
    const code = text.charCodeAt(place);
    if (code === 0x22) return place;
    if (code !== 0x5c) continue;
    place++;
    if (text.charCodeAt(place) !== 0x75) continue;
    const unit = Number.parseInt(text.slice(place + 1, place + 5), 16);
    if (unit === 0) return -1;
    if (unit < 0xd800 || unit > 0xdfff) continue;
    if (
      !/^\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}$/.test(text.slice(place - 1, place + 11))
    )
      return -1;
    place += 10;
  }
  return -1;
}

function isNumberPart(code: number): boolean {
  // Digits, and the five signs + - . E e
  return (
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2e ||
    code === 0x65 ||
    code === 0x45 ||
    code === 0x2b ||
    code === 0x2d
  );
}

function parseKeepingNumbers(text: string): unknown {
  return JSON.parse(
    text,
    function (this: object, key: string, value: unknown, context?: { source?: string }) {
      const written = context?.source;
      if (typeof value === 'number' && written !== undefined && JSON.stringify(value) !== written) {
        const known = writtenNumbers.get(this) ?? new Map<string, string>();
        known.set(key, written);
        writtenNumbers.set(this, known);
        keepsAny = true;
      }
      return value;
    },
  );
}

/** NaN, which equals nothing, when a member is called `__proto__`: no FHIR element is, and copying it by assignment would change a prototype. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item);
    return count;
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return Number.NaN;
    const member: unknown = (value as Readonly<Record<string, unknown>>)[key];
    count += typeof member === 'object' ? 1 + countMembers(member) : 1;
  }
  return count;
}

/**
 * Looks into every object of an answer, so in plain loops: a callback for each member cost as much as writing the text did.
 * Only what holds a number itself is looked up.
 */
function holdsWrittenNumbers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  let holdsNumber = false;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === 'number') holdsNumber = true;
      else if (typeof item === 'object' && holdsWrittenNumbers(item)) return true;
    }
  } else {
    for (const key in value) {
      const member: unknown = (value as Readonly<Record<string, unknown>>)[key];
      if (typeof member === 'number') holdsNumber = true;
      else if (typeof member === 'object' && holdsWrittenNumbers(member)) return true;
    }
  }
  return holdsNumber && writtenNumbers.has(value);
}

/** JSON.rawJSON (https://tc39.es/proposal-json-parse-with-source/) is in Node 22 and not yet in TypeScript's library. */
function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

function refusalOf(text: string, limits: JsonLimits): Error {
  const fault = findJsonFault(text, limits);
  return fault
    ? malformed(`${fault.what} at line ${fault.line}, column ${fault.column}, in ${fault.path}.`)
    : new Error('JSON was refused without a fault that can be named.');
}
