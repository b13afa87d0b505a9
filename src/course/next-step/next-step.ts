// What comes next in a course, and whose turn it is. There is always an answer: a course never just stops.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes';
import type { CalendarDate, Days } from '../calendar.ts';
import { extensionUrl } from '../course-codes.ts';
import { isOpenSession } from '../course-moves.ts';
import type { Sentences } from '../course-sentences.ts';
import { asItIs, type Said, saidIn } from '../said.ts';

export interface CourseStep {
  readonly said: Said;
  /** Who does it: "Practitioner/x" or "Patient/y". */
  readonly owner: string;
  readonly due?: CalendarDate;
  /** What it is about: the session, the plan. */
  readonly about: string;
}

export function sessionNumber(session: ServiceRequest): number {
  return session.extension?.find(({ url }) => url === extensionUrl.sessionNumber)?.valuePositiveInt ?? 0;
}

/** As its plan names it, else by its number. */
export const sessionTitle = (session: ServiceRequest, sentence: Sentences): Said =>
  saidIn(session.code ?? {}, 'text') ??
  sentence('session-numbered', { number: asItIs(sessionNumber(session)) });

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

interface Told {
  readonly sentence: Sentences;
  /** Said to the person whose course it is, and not to whoever leads it. */
  readonly isForThePerson: boolean;
}

export function nextStep(
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
  days: Days,
  { sentence, isForThePerson }: Told,
): CourseStep {
  const owner = carePlan.author?.reference ?? carePlan.subject.reference ?? '';
  const about = `CarePlan/${carePlan.id}`;
  if (carePlan.status === 'completed' || carePlan.status === 'revoked') {
    return { said: sentence(isForThePerson ? 'next-ended-person' : 'next-ended'), owner, about };
  }
  if (carePlan.status === 'on-hold') {
    return { said: sentence(isForThePerson ? 'next-paused-person' : 'next-paused'), owner, about };
  }
  const next = soonestSession(sessions, days);
  if (!next) {
    const what = sessions.some(({ status }) => status === 'completed') ? 'next-all-held' : 'next-none-held';
    return { said: sentence(isForThePerson ? `${what}-person` : what), owner, about };
  }
  const day = days.dayOf(next.occurrenceDateTime);
  const due = day ?? next.occurrenceDateTime;
  const session = sessionTitle(next, sentence);
  const isOverdue = day !== undefined && day < days.today;
  return {
    said: isOverdue
      ? sentence(isForThePerson ? 'next-overdue-person' : 'next-overdue', { session, day: asItIs(day) })
      : sentence('next-session', { session }),
    owner: next.performer?.[0]?.reference ?? owner,
    ...(due !== undefined && { due }),
    about: `ServiceRequest/${next.id}`,
  };
}
