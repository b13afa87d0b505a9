// Sets the open dates of a course anew after a pause: all of them by the same number of days, so that the plan's distances stay.
import { addDays, type CalendarDate, daysBetween } from '../calendar.ts';
import type { PlanStep } from './plan-step.ts';

/** How many days the open dates move: so that the next session is on `from`, or by the length of the pause; never into the past. */
export function daysToShift(
  steps: readonly PlanStep[],
  { from, pausedOn, today }: { from?: CalendarDate; pausedOn: CalendarDate; today: CalendarDate },
): number {
  const [first] = steps
    .filter(({ state }) => state === 'open')
    .map(({ date }) => date)
    .toSorted();
  if (first === undefined) {
    return 0;
  }
  return from === undefined
    ? Math.max(daysBetween(pausedOn, today), daysBetween(first, today))
    : daysBetween(first, from);
}

export function retimed(steps: readonly PlanStep[], days: number): readonly PlanStep[] {
  return steps.map((step) => (step.state === 'open' ? { ...step, date: addDays(step.date, days) } : step));
}
