// Carries one slot of a job out, under a hold that is kept alive and given back: with its counts, to be tried again, or parked.
import type { Clock } from '../runtime/clock.ts';
import type { JobRun, JobRuns, RunCounts } from '../runtime/job-runs.ts';
import type { Log } from '../runtime/log.ts';
import type { WallClock } from '../runtime/wall-clock.ts';
import type { WorkflowContext } from '../workflows/context.ts';
import { daysOf } from '../workflows/days.ts';
import { jobActor } from '../workflows/watch/job-actor.ts';
import { recordJobRun } from '../workflows/watch/record-job-run.ts';
import { carryOutRound, type Round } from '../workflows/watch/watch-round.ts';
import type { ScheduledJob } from './schedule.ts';

export interface JobTools {
  readonly runs: JobRuns;
  readonly contextFor: (actor: ReturnType<typeof jobActor>, requestId: string) => WorkflowContext;
  /** What the work of a job takes for the present. */
  readonly clock: Clock;
  readonly wall: WallClock;
  readonly log: Log;
  /** Names this process. */
  readonly owner: string;
  /** Without a sign of life for so long another process takes a slot over. */
  readonly leaseMs: number;
}

export interface CarryingOut {
  readonly isStopping: () => boolean;
  readonly passed?: Round['passed'];
  /** The instant that counts as the present for what is overdue; the clock's when absent. */
  readonly at?: Date;
}

/** So often a slot is begun that does not come to a good end; then it is parked, and the next slot is the next chance. */
export const mostTries = 5;
/** Times the number of tries so far. */
const pauseBetweenTriesMs = 5 * 60 * 1000;
/** A sign of life so many times in a lease: one or two may fail. */
const renewalsPerLease = 3;

export type Outcome = 'done' | 'partly' | 'failed' | 'stopped' | 'lost';

/** Never throws for what went wrong in the job. The log has ids and codes only. */
export async function carryOut(
  tools: JobTools,
  job: ScheduledJob,
  run: JobRun,
  { isStopping, passed, at }: CarryingOut,
): Promise<{ readonly outcome: Outcome; readonly counts: RunCounts }> {
  const { runs, log, clock, leaseMs } = tools;
  const startedAt = clock.now().toISOString();
  const about = { job: job.name, slot: run.slot, attempt: run.tries };
  let isLost = false;
  const alive = setInterval(() => {
    runs.renew(run, leaseMs).then(
      (isHeld) => {
        if (!isHeld) isLost = true;
      },
      (error: unknown) =>
        log.error('the lease of a job could not be renewed', { ...about, ...kindOf(error) }),
    );
  }, leaseMs / renewalsPerLease).unref();
  let counts: RunCounts = {};
  let outcome: Outcome;
  try {
    const round = roundOf(tools, job, run, {
      isOver: () => isStopping() || isLost,
      ...(passed && { passed }),
      ...(at && { at }),
    });
    counts = { ...(await carryOutRound(job.work, round)) };
    outcome = isLost ? 'lost' : isStopping() ? 'stopped' : (counts['failed'] ?? 0) > 0 ? 'partly' : 'done';
  } catch (error) {
    log.error('job failed', { ...about, ...kindOf(error) });
    outcome = isLost ? 'lost' : 'failed';
  } finally {
    clearInterval(alive);
  }
  if (outcome !== 'lost') await note(tools, job, run, { startedAt, outcome, counts });
  return { outcome, counts };
}

function roundOf(
  { contextFor, clock, log }: JobTools,
  job: ScheduledJob,
  run: JobRun,
  { isOver, passed, at }: Pick<Round, 'isOver' | 'passed'> & { readonly at?: Date },
): Round {
  const requestId = `${job.name}/${run.slot}/${run.claim}`;
  const context = contextFor(jobActor(job.name, job.work), requestId);
  const seen: WorkflowContext = { ...context, clock: at ? { now: () => at } : clock };
  const { today, lastDayOf } = daysOf(seen);
  return {
    context: seen,
    today,
    dayOf: (dateTime) => lastDayOf(dateTime) ?? dateTime,
    isOver,
    failed: (patient, error) =>
      log.error('job could not deal with a record', {
        job: job.name,
        slot: run.slot,
        patient,
        ...kindOf(error),
      }),
    ...(passed && { passed }),
  };
}

/** The AuditEvent first: a run that could not leave one is tried again. */
async function note(
  tools: JobTools,
  job: ScheduledJob,
  run: JobRun,
  went: {
    readonly startedAt: string;
    readonly outcome: Exclude<Outcome, 'lost'>;
    readonly counts: RunCounts;
  },
): Promise<void> {
  const { runs, clock, contextFor } = tools;
  const { startedAt, outcome, counts } = went;
  if (outcome === 'stopped') {
    // Whoever comes next goes on with it at once, and it does not count as a try.
    await runs.end(run, { state: 'waiting', tries: run.tries - 1, pauseMs: 0, counts });
    return;
  }
  const context = contextFor(jobActor(job.name, job.work), `${job.name}/${run.slot}/${run.claim}`);
  await recordJobRun(context, {
    job: job.name,
    display: job.display,
    slot: run.slot,
    attempt: run.tries,
    startedAt,
    endedAt: clock.now().toISOString(),
    outcome,
    counts,
  });
  const isAgain = outcome !== 'done' && run.tries < mostTries;
  await runs.end(run, {
    state: outcome === 'done' ? 'done' : isAgain ? 'waiting' : 'parked',
    tries: run.tries,
    pauseMs: isAgain ? pauseBetweenTriesMs * run.tries : 0,
    counts,
  });
}

/** What may be said of an error in a log. */
export function kindOf(error: unknown): { readonly error: string; readonly code?: string } {
  const code =
    error instanceof Error && 'status' in error
      ? String(error.status)
      : error instanceof Error && 'code' in error
        ? String(error.code)
        : undefined;
  return { error: error instanceof Error ? error.name : typeof error, ...(code !== undefined && { code }) };
}
