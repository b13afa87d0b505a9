// Whether something can be recorded of a session at all: its course runs, it lies open, and it is one person's own.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes';
import { hasCourseCode } from '../../course/course-codes.ts';
import { allowedSessionMoves } from '../../course/course-moves.ts';
import { sessionNumber } from '../../course/next-step/next-step.ts';
import { businessRule } from '../../fhir/error.ts';

/** Refused (422) with the moves that are allowed. */
export function checkOpenSession(carePlan: CarePlan, session: ServiceRequest): void {
  if (carePlan.status !== 'active') {
    throw businessRule(
      `CarePlan/${carePlan.id} is ${carePlan.status}: only a running course has sessions`,
      'CarePlan.status',
    );
  }
  if (!allowedSessionMoves(session.status).includes('completed')) {
    const allowed = allowedSessionMoves(session.status).join(', ') || 'none';
    throw businessRule(
      `session ${sessionNumber(session)} is ${session.status} and cannot become completed; allowed: ${allowed}${whatToDo(session)}`,
      'ServiceRequest.status',
    );
  }
  if (hasCourseCode(session.code, 'group-day')) {
    throw businessRule(
      `session ${sessionNumber(session)} is a day of a group: it is recorded for all with POST CarePlan/[id]/$group-day-complete on the group's plan`,
      'ServiceRequest.code',
    );
  }
}

const whatToDo = ({ status }: ServiceRequest): string =>
  status === 'completed'
    ? '. Correct its record with POST CarePlan/[id]/$session-correct'
    : status === 'revoked'
      ? '. It was dropped: plan one anew with POST CarePlan/[id]/$tailor (edit "add"). A missed day that was recorded by mistake is taken back with POST CarePlan/[id]/$session-correct ("neverMissed")'
      : '';
