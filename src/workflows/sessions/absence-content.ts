// What is sent of a session that did not take place, and whether it can be so.
import type { Appointment, ServiceRequest } from '@medplum/fhirtypes';
import { type CalendarDate, isCalendarDate } from '../../course/calendar.ts';
import { type AbsenceCode, absenceOf, attendances, isAbsence } from '../../course/session/attendance.ts';
import { businessRule, invalid } from '../../fhir/error.ts';
import { isDateOrTime } from '../../fhir/time-with-zone.ts';
import type { WorkflowContext } from '../context.ts';
import type { GivenReason } from '../course-changes/tailoring-reason.ts';
import { daysOf } from '../days.ts';
import { liesAhead } from '../referrals/appointment-rule.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import type { Given } from '../resources/read-known.ts';

export interface AbsenceRequest {
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
  /** no-show, cancelled-by-patient or cancelled-by-therapist. */
  readonly attendance: Given;
  /** "ServiceRequest/x" or the session's number; the next planned one when not said. */
  readonly session?: Given;
  /** When it would have been; the planned day when not said. */
  readonly start?: string;
  /** What is known of why, and whether what becomes of the session was agreed. */
  readonly why: GivenReason;
  /** The new day of the session. */
  readonly nextDate?: Given;
  /** Whether later sessions move along with it. */
  readonly shift?: boolean;
  readonly drop: boolean;
  readonly draft?: Given;
  readonly contentMark: string;
  readonly idempotencyKey?: string;
}

export function absenceIn({ value, expression }: Given): AbsenceCode {
  if (!isAbsence(value)) {
    throw invalid(`"attendance" is one of ${attendances.join(', ')}, not "${value}"`, expression);
  }
  return value;
}

export function checkWhatBecomes({ nextDate, drop, shift, why }: AbsenceRequest): void {
  if (nextDate && drop) {
    throw businessRule(
      'a session gets another day ("nextDate") or is dropped ("drop"), not both',
      nextDate.expression,
    );
  }
  if (nextDate && !isCalendarDate(nextDate.value)) {
    throw invalid(`"nextDate" is a calendar date, YYYY-MM-DD, not "${nextDate.value}"`, nextDate.expression);
  }
  if (shift !== undefined && !nextDate) {
    throw businessRule(
      '"shift" says whether later sessions move along with a new day ("nextDate"), which is not given',
      why.expression,
    );
  }
}

export function startOf(
  context: WorkflowContext,
  session: ServiceRequest,
  code: AbsenceCode,
  request: AbsenceRequest,
): { readonly start: string; readonly day: CalendarDate } {
  const { today, dayOf } = daysOf(context);
  const start = request.start ?? dayOf(session.occurrenceDateTime);
  const day = dayOf(start);
  const isKnown = start !== undefined && isDateOrTime(start);
  if (!isKnown || day === undefined) {
    throw invalid(
      '"start" is the day of the session, or its time of day with the zone (2026-11-20T10:00:00+01:00)',
      'Parameters.parameter',
    );
  }
  if (code === 'no-show' && day > today) {
    throw businessRule(
      `the session is on ${day}, which lies ahead: say the day that it was about ("start"), or that it is cancelled`,
      'Parameters.parameter',
    );
  }
  return { start, day };
}

const openAppointments = new Set(['proposed', 'pending', 'booked', 'arrived', 'checked-in', 'waitlist']);

/**
 * Those that were for this day or before. One for a later day, or for the new one, stays; so does one later on the same day, which nobody
 * can have missed. Refused (422) when there are only such.
 */
export async function appointmentsOf(
  context: WorkflowContext,
  session: ServiceRequest,
  code: AbsenceCode,
  day: string,
  newDay: string | undefined,
): Promise<readonly Appointment[]> {
  const { dayOf } = daysOf(context);
  const found = await findResources(context.store, 'Appointment', [
    byReference('based-on', `ServiceRequest/${session.id}`),
  ]);
  const ofDay = found.filter(({ status, start }) => {
    const planned = dayOf(start) ?? day;
    return openAppointments.has(status) && planned <= day && planned !== newDay;
  });
  if (absenceOf(code).appointment === 'cancelled') return ofDay;
  const begun = ofDay.filter((each) => !liesAhead(context, each));
  const [ahead] = ofDay;
  if (ahead && begun.length === 0) {
    throw businessRule(
      `Appointment/${ahead.id} is at ${ahead.start}, which lies ahead, and nobody can have missed it: say that it is cancelled, or wait until its time`,
      'Parameters.parameter',
    );
  }
  return begun;
}
