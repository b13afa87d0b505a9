// What comes next in a course, and whose turn it is. There is always an answer: a course never just stops.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes';
import type { CalendarDate, Days } from '../calendar.ts';
import { extensionUrl } from '../course-codes.ts';
import { isOpenSession } from '../course-moves.ts';

export interface CourseStep {
  readonly text: string;
  /** Who does it: "Practitioner/x" or "Patient/y". */
  readonly owner: string;
  readonly due?: CalendarDate;
  /** What it is about: the session, the plan. */
  readonly about: string;
}

export function sessionNumber(session: ServiceRequest): number {
  return session.extension?.find(({ url }) => url === extensionUrl.sessionNumber)?.valuePositiveInt ?? 0;
}

/** The sessions by their number. */
export function inOrder(sessions: readonly ServiceRequest[]): readonly ServiceRequest[] {
  return sessions.toSorted((left, right) => sessionNumber(left) - sessionNumber(right));
}

/** The open session with the lowest number. */
export function nextSession(sessions: readonly ServiceRequest[]): ServiceRequest | undefined {
  return inOrder(sessions).find(({ status }) => isOpenSession(status));
}

/** Of several open ones: a day of one's own has a later number than the days of a group, and may come before them. */
function soonestSession(sessions: readonly ServiceRequest[], { dayOf }: Days): ServiceRequest | undefined {
  const planned = ({ occurrenceDateTime }: ServiceRequest) => dayOf(occurrenceDateTime) ?? 'undated';
  return inOrder(sessions)
    .filter(({ status }) => isOpenSession(status))
    .toSorted((left, right) => planned(left).localeCompare(planned(right)))[0];
}

export function nextStep(carePlan: CarePlan, sessions: readonly ServiceRequest[], days: Days): CourseStep {
  const owner = carePlan.author?.reference ?? carePlan.subject.reference ?? '';
  const about = `CarePlan/${carePlan.id}`;
  if (carePlan.status === 'completed' || carePlan.status === 'revoked') {
    return {
      text: 'The course has ended. Plan a conversation with the patient about what it brought and what follows.',
      owner,
      about,
    };
  }
  if (carePlan.status === 'on-hold') {
    return { text: 'The course is paused. Agree with the patient when it goes on.', owner, about };
  }
  const next = soonestSession(sessions, days);
  if (!next) {
    return {
      text: 'All sessions are done. Look back on the goals together, repeat the questionnaires of the start, write to the referring practitioner, and complete the referral.',
      owner,
      about,
    };
  }
  const day = days.dayOf(next.occurrenceDateTime);
  const due = day ?? next.occurrenceDateTime;
  const isOverdue = day !== undefined && day < days.today;
  const title = next.code?.text ?? `Session ${sessionNumber(next)}`;
  return {
    text: isOverdue
      ? `${title} was planned for ${due} and is not recorded yet: record it, or agree on another day.`
      : `Next: ${title}.`,
    owner: next.performer?.[0]?.reference ?? owner,
    ...(due !== undefined && { due }),
    about: `ServiceRequest/${next.id}`,
  };
}
