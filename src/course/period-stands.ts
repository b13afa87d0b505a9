// Whether a period has begun, and whether it is over. Pure.
import type { Period } from '@medplum/fhirtypes';
import { dateInterval } from '../fhir/search/date-interval.ts';
import type { CalendarDate } from './calendar.ts';

const isInstant = (text: string): boolean => text.includes('T');

/** With its first day, month or year, by the calendar that `today` is of. One whose beginning is not known has always been. */
export function hasBegun({ start = '' }: Period, atMs: number, today: CalendarDate): boolean {
  const first = dateInterval(start);
  if (first === undefined) return true;
  return isInstant(start) ? first.fromMs <= atMs : start <= today.slice(0, start.length);
}

/** A last day, month or year counts as a whole, by the calendar that `today` is of. One whose end is not known lasts. */
export function isOver({ end = '' }: Period, atMs: number, today: CalendarDate): boolean {
  const last = dateInterval(end);
  if (last === undefined) return false;
  return isInstant(end) ? last.untilMs <= atMs : end < today.slice(0, end.length);
}
