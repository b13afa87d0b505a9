// Keeps exports going in the background: starts what waits, goes on after a restart, ends them for a cancellation or a stop.
import { type ExportJob, isExpired } from '../bulk/export-job.ts';
import type { ExportTools } from './export-tools.ts';
import { runExport } from './run-export.ts';

export interface ExportRunner {
  /** Starts a job that was added. */
  begin(job: ExportJob): void;
  /** Goes on with what an earlier process left, and removes files that no job knows. */
  resume(): Promise<void>;
  /** Ends a job and removes it with its files. */
  discard(jobId: string): Promise<void>;
  /** Removes the exports that are no longer to be had. */
  discardExpired(): Promise<void>;
  /** Resolves when nothing runs any more; what was not done is gone on with after the next start. */
  stop(): Promise<void>;
}

export function exportRunner(tools: ExportTools): ExportRunner {
  const { jobs, files, clock, log } = tools;
  const active = new Map<string, { readonly ended: Promise<void>; isDiscarded: boolean }>();
  let isStopping = false;

  async function run(job: ExportJob): Promise<void> {
    try {
      await runExport(tools, job, () => isStopping || active.get(job.id)?.isDiscarded === true);
    } catch (error) {
      log.error('export failed', {
        job: job.id,
        error: error instanceof Error ? error.name : typeof error,
        code: error instanceof Error && 'code' in error ? String(error.code) : undefined,
      });
      await files.remove(job.id);
      await jobs.save({ ...job, files: [], state: 'failed', finishedMs: clock.now().getTime() });
    }
  }

  /** Even a failure that could not be noted down must not end the process: the job is still there and is tried again at the next start. */
  function begin(job: ExportJob): void {
    if (isStopping || active.has(job.id)) return;
    const ended = run(job)
      .catch((error: unknown) => {
        log.error('export failed and could not be marked as such', {
          job: job.id,
          error: error instanceof Error ? error.name : typeof error,
        });
      })
      .finally(() => active.delete(job.id));
    active.set(job.id, { ended, isDiscarded: false });
  }

  async function discard(jobId: string): Promise<void> {
    // First the row: from here on nobody is shown it.
    await jobs.remove(jobId);
    const running = active.get(jobId);
    if (running !== undefined) {
      running.isDiscarded = true;
      await running.ended;
    }
    await files.remove(jobId);
  }

  async function discardExpired(): Promise<void> {
    const nowMs = clock.now().getTime();
    for (const job of await jobs.all()) {
      if (isExpired(job, nowMs)) await discard(job.id);
    }
  }

  return {
    begin,
    discard,
    discardExpired,
    async resume() {
      await discardExpired();
      const known = await jobs.all();
      const ids = new Set(known.map(({ id }) => id));
      for (const stray of await files.jobs()) {
        if (!ids.has(stray)) await files.remove(stray);
      }
      for (const job of known) {
        if (job.state === 'running') begin(job);
      }
    },
    async stop() {
      isStopping = true;
      await Promise.all([...active.values()].map(({ ended }) => ended));
    },
  };
}
