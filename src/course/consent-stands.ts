// When a Consent stands, and what rests on it. Pure.
import type { Consent } from '@medplum/fhirtypes';
import { dateInterval } from '../fhir/search/date-interval.ts';
import type { CalendarDate } from './calendar.ts';

/** Given and neither refused nor withdrawn, whatever its time. */
export const isGiven = ({ status, provision }: Consent): boolean =>
  status === 'active' && provision?.type !== 'deny';

/** Given, and its time has begun and has not passed: by the calendar that `today` is of; an open end lasts. */
export function standsAt(consent: Consent, atMs: number, today: CalendarDate): boolean {
  return isGiven(consent) && hasBegun(consent, atMs, today) && !isOver(consent, atMs, today);
}

/** With its first day, month or year. */
function hasBegun({ provision }: Consent, atMs: number, today: CalendarDate): boolean {
  const start = provision?.period?.start;
  if (start === undefined) return true;
  return isInstant(start)
    ? (dateInterval(start)?.fromMs ?? -Infinity) <= atMs
    : start <= today.slice(0, start.length);
}

/** Its time has passed, whatever became of it. A last day, month or year counts as a whole, by the calendar that `today` is of. */
export function isOver({ provision }: Consent, atMs: number, today: CalendarDate): boolean {
  const end = provision?.period?.end;
  if (end === undefined) return false;
  return isInstant(end) ? (dateInterval(end)?.untilMs ?? Infinity) <= atMs : end < today.slice(0, end.length);
}

const isInstant = (text: string): boolean => text.includes('T');

/** "CareTeam/x": the pairs on a joint course that may be one by it. */
export const teamsOf = ({ provision }: Consent): readonly string[] =>
  (provision?.data ?? []).flatMap(({ reference: { reference } }) =>
    reference?.startsWith('CareTeam/') ? [reference] : [],
  );

/** Who gave it: the patient where nobody is named. */
export function giversOf({ performer = [], patient }: Consent): readonly string[] {
  const named = performer.flatMap(({ reference }) => reference ?? []);
  return named.length > 0 ? named : patient?.reference ? [patient.reference] : [];
}
