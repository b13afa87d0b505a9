// What becomes of a goal when the course ends in which it was worked on. The goal is the person's own: a course ends, a goal need not.
import type { Goal } from '@medplum/fhirtypes';
import type { CalendarDate } from '../calendar.ts';
import { type Said, saidAs } from '../said.ts';

export type PlanEnd = 'completed' | 'revoked' | 'entered-in-error';

const achievementSystem = 'http://terminology.hl7.org/CodeSystem/goal-achievement';
const reached: readonly (string | undefined)[] = ['achieved', 'sustaining'];

/** By the scores, from which achievementStatus follows. */
function isReached({ achievementStatus }: Goal): boolean {
  return (
    achievementStatus?.coding?.some(
      ({ system, code }) => system === achievementSystem && reached.includes(code),
    ) ?? false
  );
}

/**
 * The goal as it is after the course; undefined when it stays as it is. What was reached is completed. Every other that was being
 * sought is on hold, however the course went: "completed" would say that it is sought no more and "cancelled" that the person gave it
 * up, and nobody knows either; "active" would say that somebody of the service works on it. From on hold it goes on with one move; `staysOwn` is in the
 * words in which the person reads it.
 */
export function goalAtEnd(goal: Goal, end: PlanEnd, date: CalendarDate, staysOwn: Said): Goal | undefined {
  const isSought = goal.lifecycleStatus === 'active' || goal.lifecycleStatus === 'on-hold';
  if (end === 'entered-in-error') {
    const isOpen = isSought || ['proposed', 'planned', 'accepted'].includes(goal.lifecycleStatus);
    return isOpen ? { ...goal, lifecycleStatus: 'entered-in-error', statusDate: date } : undefined;
  }
  if (!isSought) return undefined;
  if (isReached(goal)) {
    const { statusReason: _reason, ...rest } = goal;
    return { ...rest, lifecycleStatus: 'completed', statusDate: date };
  }
  return goal.lifecycleStatus === 'active'
    ? { ...goal, lifecycleStatus: 'on-hold', statusDate: date, ...saidAs('statusReason', staysOwn) }
    : undefined;
}
