// The score that a course is compared with.
import type { Observation } from '@medplum/fhirtypes';
import { startOfTrajectory } from '../../../src/course/goal/trajectory.ts';

const score = (effectiveDateTime: string): Observation => ({
  resourceType: 'Observation',
  id: effectiveDateTime,
  status: 'final',
  code: { text: 'A total' },
  effectiveDateTime,
});
/** Two hours ahead of UTC, as in a summer of the organisation. */
const days = {
  dayOf: (instant: string | undefined) =>
    instant === undefined || instant.length === 10
      ? instant
      : new Date(Date.parse(instant) + 7_200_000).toISOString().slice(0, 10),
};
const startOf = (...dates: readonly string[]) => {
  const start = startOfTrajectory(dates.map(score), '2026-07-10', days);
  return start && [start.observation.id, start.when];
};

describe('the start of a trajectory', () => {
  it('is the newest score up to the first day, that day too', () => {
    expect(startOf('2026-05-01', '2026-07-03', '2026-07-20')).toEqual(['2026-07-03', 'before']);
    expect(startOf('2026-07-03', '2026-07-10', '2026-07-11')).toEqual(['2026-07-10', 'before']);
    expect(startOf('2026-07-10T21:59:00Z', '2026-07-10T22:00:00Z')).toEqual([
      '2026-07-10T21:59:00Z',
      'before',
    ]);
  });

  it('is the first one after it where there is none before, and none where there is none', () => {
    expect(startOf('2026-07-11', '2026-07-20')).toEqual(['2026-07-11', 'during']);
    expect(startOf('2026-07-09T22:00:00Z', '2026-07-20')).toEqual(['2026-07-09T22:00:00Z', 'before']);
    expect(startOf()).toBeUndefined();
  });
});
