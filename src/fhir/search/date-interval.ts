// FHIR dates of any precision as intervals of instants. https://hl7.org/fhir/R4/search.html#date
import type { Interval } from '../search-query.ts';

/** Stand for "no known start" and "no known end"; the farthest instants that a date can hold. */
export const earliestMs = -8.64e15;
export const latestMs = 8.64e15;

const dateForm =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') {
    return 0;
  }
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))) * 60_000;
}

/** Date.UTC without its rule that the years 0 to 99 mean 1900 to 1999. */
function utcMs(year: number, month: number, day: number): number {
  return new Date(Date.UTC(2000, month, day)).setUTCFullYear(year, month, day);
}

/**
 * The half-open interval that a date, dateTime or instant covers; undefined when the text is no date.
 * A time without a zone counts as UTC.
 */
export function dateInterval(text: string): Interval | undefined {
  const match = dateForm.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, y, mo, d, h, mi, s, fraction, zone] = match;
  const year = Number(y);
  if (mo === undefined) {
    return { fromMs: utcMs(year, 0, 1), untilMs: utcMs(year + 1, 0, 1) };
  }
  const month = Number(mo) - 1;
  if (month < 0 || month > 11) {
    return undefined;
  }
  if (d === undefined) {
    return { fromMs: utcMs(year, month, 1), untilMs: utcMs(year, month + 1, 1) };
  }
  const day = Number(d);
  const dayMs = utcMs(year, month, day);
  if (day < 1 || new Date(dayMs).getUTCDate() !== day) {
    return undefined;
  }
  if (h === undefined) {
    return { fromMs: dayMs, untilMs: utcMs(year, month, day + 1) };
  }
  const [hour, minute, second] = [Number(h), Number(mi), Number(s ?? 0)];
  if (hour > 24 || minute > 59 || second > 60 || (hour === 24 && minute + second > 0)) {
    return undefined;
  }
  const startMs = dayMs + (hour * 60 + minute) * 60_000 + second * 1000 - offsetMs(zone);
  if (s === undefined) {
    return { fromMs: startMs, untilMs: startMs + 60_000 };
  }
  if (fraction === undefined) {
    return { fromMs: startMs, untilMs: startMs + 1000 };
  }
  const digits = Math.min(fraction.length, 3);
  const stepMs = 10 ** (3 - digits);
  const fromMs = startMs + Number(fraction.slice(0, 3)) * stepMs;
  return { fromMs, untilMs: fromMs + stepMs };
}

/** The interval of a Period; an absent end is open. Undefined when neither end is a date. */
export function periodInterval(start: unknown, end: unknown): Interval | undefined {
  const from = typeof start === 'string' ? dateInterval(start) : undefined;
  const until = typeof end === 'string' ? dateInterval(end) : undefined;
  return from === undefined && until === undefined
    ? undefined
    : { fromMs: from?.fromMs ?? earliestMs, untilMs: until?.untilMs ?? latestMs };
}
