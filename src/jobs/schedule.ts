// Every job: its name, what it is for, when it runs by the organisation's clock, and the workflow that it carries out. The names and
// displays are codes of CodeSystem/scheduled-job.
import { escalateStaleReferrals } from '../workflows/escalate-stale-referrals.ts';
import type { JobWork } from '../workflows/watch-round.ts';
import type { LocalTime } from './slots.ts';

export interface ScheduledJob {
  readonly name: string;
  readonly display: string;
  /** Local times of day. */
  readonly times: readonly LocalTime[];
  readonly work: JobWork;
}

/** Before the working day, one after another. */
export const schedule: readonly ScheduledJob[] = [
  {
    name: 'escalate-stale-referrals',
    display: 'Referrals that wait for an answer',
    times: ['06:00'],
    work: escalateStaleReferrals,
  },
];
