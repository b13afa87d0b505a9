// Runs what is due, minute by minute: of any number of nodes one gets each slot. node-cron only ticks.
import { schedule as every } from 'node-cron';
import type { Clock } from '../runtime/clock.ts';
import { carryOut, type JobTools, kindOf, mostTries } from './carry-out.ts';
import type { ScheduledJob } from './schedule.ts';
import { newestDue } from './slots.ts';

export interface JobRunner {
  /** Carries out what is due and nobody has; returns when that is done. Calls while it is at it do nothing. */
  tick(): Promise<void>;
  /** Resolves when the person at hand has been looked at; what is left of a slot is free for others. */
  stop(): Promise<void>;
}

/**
 * All nodes go by the clock of their database: one whose own clock is off neither runs a slot early or late, nor takes one from
 * whoever is at it. Only the newest slot of a job is ever looked at: what was missed before it, while nothing ran, is not caught
 * up.
 */
export function jobRunner(tools: JobTools, jobs: readonly ScheduledJob[]): JobRunner {
  const { runs, clock, wall, log, owner, leaseMs } = tools;
  let isStopping = false;
  let underWay: Promise<void> | undefined;

  async function runDue(job: ScheduledJob): Promise<void> {
    const nowMs = await runs.now();
    const aheadMs = nowMs - clock.now().getTime();
    const slot = newestDue(wall, job.times, nowMs);
    if (slot === undefined) return;
    const run = await runs.claim({ job: job.name, slot: slot.name }, { owner, leaseMs, mostTries });
    if (run === undefined) return;
    const { outcome, counts } = await carryOut({ ...tools, clock: shifted(clock, aheadMs) }, job, run, {
      isStopping: () => isStopping,
    });
    log.info('job run', { job: job.name, slot: slot.name, attempt: run.tries, outcome, ...counts });
  }

  /** One job that cannot be run, because the database is away for a moment, is looked at again in the next minute. */
  async function runAll(): Promise<void> {
    for (const job of jobs) {
      if (isStopping) return;
      try {
        await runDue(job);
      } catch (error) {
        log.error('job could not be run', { job: job.name, ...kindOf(error) });
      }
    }
  }

  return {
    async tick() {
      if (isStopping || underWay !== undefined) return;
      underWay = runAll();
      await underWay;
      underWay = undefined;
    },
    async stop() {
      isStopping = true;
      await underWay;
    },
  };
}

const shifted = (clock: Clock, byMs: number): Clock => ({
  now: () => new Date(clock.now().getTime() + byMs),
});

/** Ticks at once, for what was missed while nothing ran, and then once a minute. Returns what ends it. */
export function startTicking(runner: JobRunner): () => Promise<void> {
  const ticking = every('* * * * *', () => runner.tick(), {
    name: 'jobs',
    noOverlap: true,
    suppressMissedWarning: true,
  });
  void runner.tick();
  return async () => {
    await ticking.destroy();
    await runner.stop();
  };
}
