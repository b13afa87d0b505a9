// Runs CQL in a thread of its own, started when it is first needed: it costs a second and 70 MB that a service without CQL does not pay.
// What takes too long, or too much memory, ends with its thread; the next question gets a new one.
import { Worker } from 'node:worker_threads';
import type { WorkerAnswer, WorkerQuestion } from './cql-worker.ts';

type Reply = (WorkerAnswer | { readonly kind: 'late' }) & { readonly tookMs: number };

export interface CqlThread {
  answer(question: WorkerQuestion, withinMs: number): Promise<Reply>;
  close(): Promise<void>;
}

const startWithinMs = 30_000;
/** Beyond that the service is asked for more than it can do, and says so. */
const mostWaiting = 100;
const memoryMb = 256;

/** The same from src/ and from dist/. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './cql-worker.ts' : './cql-worker.js',
  import.meta.url,
);

/** The message that comes next; "late" when none comes in time. Rejects when the thread ends instead. */
function next(worker: Worker, withinMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer);
      worker.off('message', told).off('error', failed).off('exit', ended);
    };
    const told = (message: unknown) => {
      leave();
      resolve(message);
    };
    const failed = (error: Error) => {
      leave();
      reject(error);
    };
    const ended = () => failed(new Error('the thread of the CQL engine ended'));
    const timer = setTimeout(() => told('late'), withinMs);
    worker.on('message', told).on('error', failed).on('exit', ended);
  });
}

export function cqlThread(): CqlThread {
  let running: Worker | undefined;
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();

  async function started(): Promise<Worker> {
    if (running) return running;
    const worker = new Worker(workerFile, {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    });
    const forget = () => {
      if (running === worker) running = undefined;
    };
    worker.on('error', forget).on('exit', forget);
    if ((await next(worker, startWithinMs)) !== 'ready') {
      await worker.terminate();
      throw new Error('the CQL engine did not start');
    }
    running = worker;
    return worker;
  }

  async function end(): Promise<void> {
    const worker = running;
    running = undefined;
    await worker?.terminate();
  }

  async function ask(question: WorkerQuestion, withinMs: number): Promise<Reply> {
    let beganMs: number | undefined;
    const tookMs = () => (beganMs === undefined ? 0 : performance.now() - beganMs);
    try {
      const worker = await started();
      worker.ref();
      beganMs = performance.now();
      worker.postMessage(question);
      const answer = await next(worker, withinMs);
      worker.unref();
      if (answer !== 'late') return { ...(answer as WorkerAnswer), tookMs: tookMs() };
      await end();
      return { kind: 'late', tookMs: tookMs() };
    } catch (error) {
      await end();
      return {
        kind: 'failed',
        message: error instanceof Error ? error.message : 'the CQL engine failed',
        tookMs: tookMs(),
      };
    }
  }

  return {
    answer(question, withinMs) {
      if (waiting >= mostWaiting) {
        return Promise.resolve({ kind: 'failed', message: 'too much CQL is waiting to be run', tookMs: 0 });
      }
      waiting += 1;
      const mine = turn.then(() => ask(question, withinMs)).finally(() => (waiting -= 1));
      turn = mine;
      return mine;
    },
    async close() {
      await turn;
      await end();
    },
  };
}
