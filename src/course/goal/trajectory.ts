// Picks the score that a course is compared with: the person's own start.
import type { Observation } from '@medplum/fhirtypes';
import type { CalendarDate, Days } from '../calendar.ts';

export interface Start {
  readonly observation: Observation;
  /** `before`: at or before the first day of the course. `during`: there was none, so it is the first one after. */
  readonly when: 'before' | 'during';
}

/** The newest score on or before the first day, since it lies nearest to the start; else the earliest after it. `scores` oldest first. */
export function startOfTrajectory(
  scores: readonly Observation[],
  firstDay: CalendarDate,
  { dayOf }: Pick<Days, 'dayOf'>,
): Start | undefined {
  const before = scores
    .filter(({ effectiveDateTime }) => (dayOf(effectiveDateTime) ?? effectiveDateTime ?? '') <= firstDay)
    .at(-1);
  if (before) {
    return { observation: before, when: 'before' };
  }
  const [first] = scores;
  return first && { observation: first, when: 'during' };
}
