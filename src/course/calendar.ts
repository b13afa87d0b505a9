// Calendar-date arithmetic for plans: by year, month and day, never by 86,400 seconds, so that a clock change moves nothing.
import type { Duration } from '@medplum/fhirtypes';

/** A calendar date, YYYY-MM-DD, without a time and without a zone. */
export type CalendarDate = string;

const pattern = /^(\d{4})-(\d{2})-(\d{2})$/;

interface Ymd {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
}

const daysInMonth = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

function parse(date: CalendarDate): Ymd | undefined {
  const match = pattern.exec(date);
  if (!match) {
    return undefined;
  }
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const exists = year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  return exists ? { year, month, day } : undefined;
}

/** True for a date that is in the calendar: 2027-02-29 is not. */
export function isCalendarDate(text: string): boolean {
  return parse(text) !== undefined;
}

/** Which day it is where the organisation is, and on which of its days a FHIR dateTime lies. */
export interface Days {
  readonly today: CalendarDate;
  /**
   * A date is that date, whoever wrote it and wherever. What has a time of day is an instant, and lies on the day that the organisation
   * had then, whatever zone it is written in: 2026-11-29T00:30:00+01:00 is the 28th in New York. Undefined when it names no day, as a year
   * or a month alone does.
   */
  readonly dayOf: (dateTime: string | undefined) => CalendarDate | undefined;
  /**
   * As dayOf; of a month or a year alone its last day, before which nothing of it has passed, and the first day of this calendar for what
   * lies before it. Undefined for what is no dateTime.
   */
  readonly lastDayOf: (dateTime: string | undefined) => CalendarDate | undefined;
  /** When it begins, in milliseconds since 1970: a day, a month or a year with its first moment there. Undefined for what is no dateTime. */
  readonly beginOf: (dateTime: string | undefined) => number | undefined;
}

/** By the instant where both name one, else by the day; false where one of them names neither. */
export function isEarlier({ dayOf }: Pick<Days, 'dayOf'>, left: string, right: string): boolean {
  if (left.includes('T') && right.includes('T')) return Date.parse(left) < Date.parse(right);
  const [one, other] = [dayOf(left), dayOf(right)];
  return one !== undefined && other !== undefined && one < other;
}

/** What the wall shows, and when. Instants are in milliseconds since 1970. */
interface Wall {
  readonly dateOf: (atMs: number) => CalendarDate;
  /** The first instant of a time of day, YYYY-MM-DDTHH:MM. */
  readonly instantOf: (local: string) => number;
}

const instantIn = (dateTime: string): number | undefined => {
  const atMs = Date.parse(dateTime);
  return Number.isNaN(atMs) ? undefined : atMs;
};

const firstDay: CalendarDate = '1000-01-01';

function lastNamedIn(dateTime = ''): CalendarDate | undefined {
  const { year, month = '12' } = /^(?<year>\d{4})(?:-(?<month>\d{2}))?/.exec(dateTime)?.groups ?? {};
  if (year === undefined) return undefined;
  const last = `${year}-${month}-${daysInMonth(Number(year), Number(month))}`;
  return isCalendarDate(last) ? last : firstDay;
}

export function daysBy({ dateOf, instantOf }: Wall, nowMs: number): Days {
  const dayOf = (dateTime = ''): CalendarDate | undefined => {
    const written = dateTime.slice(0, 10);
    if (!isCalendarDate(written)) return undefined;
    if (dateTime.length === 10) return written;
    const atMs = dateTime.includes('T') ? instantIn(dateTime) : undefined;
    return atMs === undefined ? undefined : dateOf(atMs);
  };
  return {
    today: dateOf(nowMs),
    dayOf,
    lastDayOf: (dateTime) => dayOf(dateTime) ?? lastNamedIn(dateTime),
    beginOf(dateTime = '') {
      if (dateTime.includes('T')) return instantIn(dateTime);
      const first = `${dateTime}-01-01`.slice(0, 10);
      return isCalendarDate(first) ? instantOf(`${first}T00:00`) : undefined;
    },
  };
}

function parsed(date: CalendarDate): Ymd {
  const ymd = parse(date);
  if (!ymd) {
    throw new RangeError(`not a calendar date: ${date}`);
  }
  return ymd;
}

const format = (year: number, month: number, day: number): CalendarDate =>
  new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);

export function addDays(date: CalendarDate, days: number): CalendarDate {
  const { year, month, day } = parsed(date);
  return format(year, month, day + days);
}

/** Whole days from one date to another; negative when the second is earlier. */
export function daysBetween(from: CalendarDate, to: CalendarDate): number {
  const [start, end] = [parsed(from), parsed(to)];
  const day = ({ year, month, day: date }: Ymd) => Date.UTC(year, month - 1, date) / 86_400_000;
  return day(end) - day(start);
}

/** Adds months; a day that the target month does not have becomes its last day (31 January + 1 month = 28 February). */
export function addMonths(date: CalendarDate, months: number): CalendarDate {
  const { year, month, day } = parsed(date);
  const target = year * 12 + (month - 1) + months;
  const [targetYear, targetMonth] = [Math.floor(target / 12), (target % 12) + 1];
  return format(targetYear, targetMonth, Math.min(day, daysInMonth(targetYear, targetMonth)));
}

/** What a UCUM unit of time that plans use means in the calendar. https://hl7.org/fhir/R4/valueset-duration-units.html */
const steps: Readonly<Record<string, (date: CalendarDate, value: number) => CalendarDate>> = {
  d: addDays,
  wk: (date, value) => addDays(date, value * 7),
  mo: addMonths,
  a: (date, value) => addMonths(date, value * 12),
};

/** Longer than any plan, in whatever unit; beyond it dates cannot be reckoned. */
const longest = 100_000;

/** The date after a whole number of days, weeks, months or years; undefined for anything else, and for a day that no calendar has. */
export function laterBy(date: CalendarDate, { code, unit, value }: Duration): CalendarDate | undefined {
  const named = code ?? unit ?? '';
  const step = Object.hasOwn(steps, named) ? steps[named] : undefined;
  if (!step || value === undefined || !Number.isInteger(value) || Math.abs(value) > longest) return undefined;
  const later = step(date, value);
  return isCalendarDate(later) ? later : undefined;
}

/** Adds a whole number of days, weeks, months or years. Throws RangeError for anything else: a plan that says so is wrong. */
export function addDuration(date: CalendarDate, duration: Duration): CalendarDate {
  const later = laterBy(date, duration);
  if (later === undefined) {
    throw new RangeError(`an offset is a whole number of d, wk, mo or a: ${JSON.stringify(duration)}`);
  }
  return later;
}
