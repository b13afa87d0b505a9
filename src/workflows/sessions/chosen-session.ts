// Decides which planned session a record is about: the one that is named, the one that was recorded already, or the next.
import type { Encounter, ServiceRequest } from '@medplum/fhirtypes';
import type { Days } from '../../course/calendar.ts';
import { contentIdentifierSystem } from '../../course/course-codes.ts';
import { nextSession, sessionNumber } from '../../course/next-step/next-step.ts';
import { businessRule, conflict } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import type { Given } from '../resources/read-known.ts';
import type { SessionRequest } from './session-request.ts';

/** Refused: 422 a name that is no session of this course, or no session left; 409 no name where one is needed. */
export async function chosenSession(
  context: WorkflowContext,
  sessions: readonly ServiceRequest[],
  request: SessionRequest,
): Promise<ServiceRequest> {
  const { session } = request;
  if (session) return namedSession(sessions, session);
  const [recent] = await recentMeetings(context, sessions, request);
  if (recent) {
    return recordedSession(recent, sessions, request);
  }
  return theNextSession(sessions);
}

export function namedSession(
  sessions: readonly ServiceRequest[],
  { value, expression }: Given,
): ServiceRequest {
  const named = sessions.find(
    (each) => `ServiceRequest/${each.id}` === value || String(sessionNumber(each)) === value,
  );
  if (!named) {
    const numbers = sessions.map(sessionNumber).join(', ');
    throw businessRule(
      `"${value}" is no session of this course; it has ${numbers === '' ? 'none' : `the numbers ${numbers}`}`,
      expression,
    );
  }
  return named;
}

export function theNextSession(sessions: readonly ServiceRequest[]): ServiceRequest {
  const next = nextSession(sessions);
  if (!next) {
    throw businessRule(
      'every session of this course is done or dropped; there is no next one',
      'Parameters.parameter',
    );
  }
  return next;
}

/** Two meetings of one course nearer than this are taken for one that was sent twice. */
const nearMs = 12 * 3_600_000;

/** On the same day, where only the day is known. */
function isNear({ dayOf }: Days, left: string, right: string): boolean {
  if (left.includes('T') && right.includes('T'))
    return Math.abs(Date.parse(left) - Date.parse(right)) < nearMs;
  const day = dayOf(left);
  return day !== undefined && day === dayOf(right);
}

/** The meetings of this course near the time of this one. */
async function recentMeetings(
  context: WorkflowContext,
  sessions: readonly ServiceRequest[],
  { start }: SessionRequest,
): Promise<readonly Encounter[]> {
  const { store, clock } = context;
  const time = start ?? clock.now().toISOString();
  const references = sessions.map(({ id }) => `ServiceRequest/${id}`);
  const meetings =
    references.length > 0
      ? await findResources(store, 'Encounter', [byReference('based-on', ...references)])
      : [];
  return meetings.filter(
    ({ status, period }) => status === 'finished' && isNear(daysOf(context), period?.start ?? '', time),
  );
}

/** A call without a session's name: either the one that was recorded just now, sent again, or in need of a name. */
function recordedSession(
  recent: Encounter,
  sessions: readonly ServiceRequest[],
  request: SessionRequest,
): ServiceRequest {
  const isSame = recent.identifier?.some(
    ({ system, value }) => system === contentIdentifierSystem && value === request.contentMark,
  );
  const session = sessions.find(({ id }) => recent.basedOn?.[0]?.reference === `ServiceRequest/${id}`);
  if (!isSame || !session) {
    throw conflict(
      `a session of this course was recorded near this time (Encounter/${recent.id}): name the one that this is ("session")`,
      'Parameters.parameter',
    );
  }
  return session;
}
