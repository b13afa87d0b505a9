// When a Consent stands, and what rests on it. Pure.
import type { Consent } from '@medplum/fhirtypes';
import type { CalendarDate } from './calendar.ts';
import { hasBegun, isOver as isPeriodOver } from './period-stands.ts';

/** Given and neither refused nor withdrawn, whatever its time. */
export const isGiven = ({ status, provision }: Consent): boolean =>
  status === 'active' && provision?.type !== 'deny';

/** Given, and its time has begun and has not passed: by the calendar that `today` is of; an open end lasts. */
export function standsAt(consent: Consent, atMs: number, today: CalendarDate): boolean {
  const period = consent.provision?.period ?? {};
  return isGiven(consent) && hasBegun(period, atMs, today) && !isOver(consent, atMs, today);
}

/** Its time has passed, whatever became of it. */
export const isOver = ({ provision }: Consent, atMs: number, today: CalendarDate): boolean =>
  isPeriodOver(provision?.period ?? {}, atMs, today);

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
