// Keeps exports going in the background: starts what waits, goes on with what was left, ends them for a cancellation or a stop. Of
// several processes on one database, one carries an export out, as long as it gives signs of life.
import { isExpired, isGivenUp } from '../../bulk/export-job.ts';
import type { HeldJob } from '../../bulk/export-store.ts';
import { FhirError } from '../../fhir/error.ts';
import { HoldLost } from '../../runtime/job-files.ts';
import type { ExportTools } from './export-tools.ts';
import { runExport } from './run-export.ts';

export interface ExportRunner {
  /** Starts a job that was added. */
  begin(job: HeldJob): void;
  /** At start: goes on with what an earlier process left, and removes files that no job knows. */
  resume(): Promise<void>;
  /** From time to time: goes on with what has nobody who carries it out. */
  takeUp(): Promise<void>;
  /** Ends a job and removes it with its files. */
  discard(jobId: string): Promise<void>;
  /** Removes the exports that are no longer to be had. */
  discardExpired(): Promise<void>;
  /** Resolves when nothing runs any more; what was not done is free for others, or is gone on with after the next start. */
  stop(): Promise<void>;
}

interface Active {
  readonly ended: Promise<void>;
  isOver: boolean;
}

/** A sign of life so many times in a lease: one or two may fail. */
const renewalsPerLease = 3;

/** Every lease has ended by then. */
const endOfTime = Number.MAX_SAFE_INTEGER;

export function exportRunner(tools: ExportTools): ExportRunner {
  const { jobs, files, clock, log, owner, leaseMs, isAlone } = tools;
  const active = new Map<string, Active>();
  let isStopping = false;

  const nowMs = () => clock.now().getTime();
  const lease = () => ({ owner, untilMs: nowMs() + leaseMs });

  function note(message: string, job: string, error: unknown): void {
    log.error(message, {
      job,
      error: error instanceof Error ? error.name : typeof error,
      code: error instanceof Error && 'code' in error ? String(error.code) : undefined,
    });
  }

  /** Calls `whenLost` when somebody else has the job now. */
  function keepAlive({ hold }: HeldJob, whenLost: () => void): NodeJS.Timeout {
    return setInterval(() => {
      jobs.renew(hold, nowMs() + leaseMs).then(
        (isHeld) => {
          if (!isHeld) whenLost();
        },
        (error: unknown) => note('the lease of an export could not be renewed', hold.job, error),
      );
    }, leaseMs / renewalsPerLease).unref();
  }

  async function run(held: HeldJob): Promise<void> {
    const { job, hold } = held;
    const isOver = () => isStopping || active.get(job.id)?.isOver === true;
    const alive = keepAlive(held, () => {
      const own = active.get(job.id);
      if (own !== undefined) own.isOver = true;
    });
    try {
      await runExport(tools, held, isOver);
      // Whoever comes next need not wait for the end of the lease.
      if (isOver()) await jobs.renew(hold, 0);
    } catch (error) {
      if (error instanceof HoldLost) return;
      note('export failed', job.id, error);
      const isPassing = error instanceof FhirError && error.status === 503;
      if (isPassing && !isGivenUp(job, nowMs())) {
        // The database is away for the moment: somebody goes on when it is back.
        await jobs.renew(hold, 0);
      } else if (await jobs.save({ ...job, files: [], state: 'failed', finishedMs: nowMs() }, hold)) {
        await files.remove(job.id);
      }
    } finally {
      clearInterval(alive);
    }
  }

  /** Even a failure that could not be noted down must not end the process: the job is still there and is taken up again later. */
  function begin(held: HeldJob): void {
    const { id } = held.job;
    if (isStopping || active.has(id)) return;
    const ended = run(held)
      .catch((error: unknown) => note('export failed and could not be marked as such', id, error))
      .finally(() => active.delete(id));
    active.set(id, { ended, isOver: false });
  }

  async function takeOver(freeAtMs: number): Promise<void> {
    for (const held of await jobs.takeOver(freeAtMs, lease())) {
      // This process may still be at it, with a hold that it lost for want of a sign of life.
      const own = active.get(held.job.id);
      if (own !== undefined) {
        own.isOver = true;
        await own.ended;
      }
      begin(held);
    }
  }

  async function discard(jobId: string): Promise<void> {
    // First the row: from here on nobody is shown it, and whoever carries it out elsewhere has lost its hold.
    await jobs.remove(jobId);
    const running = active.get(jobId);
    if (running !== undefined) {
      running.isOver = true;
      await running.ended;
    }
    await files.remove(jobId);
  }

  async function discardExpired(): Promise<void> {
    for (const job of await jobs.all()) {
      if (isExpired(job, nowMs())) await discard(job.id);
    }
  }

  return {
    begin,
    discard,
    discardExpired,
    takeUp: () => (isStopping ? Promise.resolve() : takeOver(nowMs())),
    async resume() {
      await discardExpired();
      // In this order, so that files of a job that is added meanwhile are not taken for strays.
      const withFiles = await files.jobs();
      const known = new Set((await jobs.all()).map(({ id }) => id));
      for (const stray of withFiles) {
        if (!known.has(stray)) await files.remove(stray);
      }
      await takeOver(isAlone ? endOfTime : nowMs());
    },
    async stop() {
      isStopping = true;
      await Promise.all([...active.values()].map(({ ended }) => ended));
    },
  };
}
