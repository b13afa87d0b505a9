// When a Consent stands, and what rests on it. Pure.
import type { Consent } from '@medplum/fhirtypes';
import { dateInterval, periodInterval } from '../fhir/search/date-interval.ts';
import type { CalendarDate } from './calendar.ts';

/** Given and neither refused nor withdrawn, whatever its time. */
export const isGiven = ({ status, provision }: Consent): boolean =>
  status === 'active' && provision?.type !== 'deny';

/** A last day counts as a whole, as FHIR dates do; an open end lasts. */
export function standsAt(consent: Consent, atMs: number): boolean {
  const { start, end } = consent.provision?.period ?? {};
  const time = periodInterval(start, end);
  return isGiven(consent) && (time === undefined || (time.fromMs <= atMs && atMs < time.untilMs));
}

/** Its time has passed, whatever became of it. A last day, month or year counts as a whole, by the calendar that `today` is of. */
export function isOver({ provision }: Consent, atMs: number, today: CalendarDate): boolean {
  const end = provision?.period?.end;
  if (end === undefined) return false;
  const isInstant = end.includes('T');
  return isInstant ? (dateInterval(end)?.untilMs ?? Infinity) <= atMs : end < today.slice(0, end.length);
}

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
