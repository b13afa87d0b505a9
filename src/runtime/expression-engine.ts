// Runs CQL and the FHIRPath of others in a process of its own, started when it is first needed: it costs a second and 100 MB that a service
// without either does not pay.
// What takes too long, or too much memory, ends with that process and never with the service; the next question gets a new one. A thread of
// the service's own would not do: one that allocates fast enough brings the whole process down, whatever its limit.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ExpressionAnswer } from './expression-answer.ts';
import type { WorkerQuestion } from './expression-worker.ts';

type Reply = (ExpressionAnswer | { readonly kind: 'late' }) & { readonly tookMs: number };

export interface EngineProcess {
  answer(question: WorkerQuestion, withinMs: number): Promise<Reply>;
  close(): Promise<void>;
}

const startWithinMs = 30_000;
/** Beyond that the service is asked for more than it can do, and says so. */
const mostWaiting = 100;

/** The same from src/ and from dist/. */
const processFile = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './expression-process.ts' : './expression-process.js',
    import.meta.url,
  ),
);

/** The message that comes next; "late" when none comes in time. Rejects when the process ends instead. */
function next(child: ChildProcess, withinMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer);
      child.off('message', told).off('error', failed).off('exit', ended);
    };
    const told = (message: unknown) => {
      leave();
      resolve(message);
    };
    const failed = (error: Error) => {
      leave();
      reject(error);
    };
    const ended = () =>
      failed(new Error('the engine of expressions ended, most often because it had no memory left'));
    const timer = setTimeout(() => told('late'), withinMs);
    child.on('message', told).on('error', failed).on('exit', ended);
  });
}

/** Whether the service waits for it before it ends. */
function hold(child: ChildProcess, isHeld: boolean): void {
  if (isHeld) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

export function expressionEngine(): EngineProcess {
  let running: ChildProcess | undefined;
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();

  async function started(): Promise<ChildProcess> {
    if (running) return running;
    const child = fork(processFile, [], {
      execArgv: [],
      env: {},
      serialization: 'advanced',
      // What the engine prints may hold data of a person.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const forget = () => {
      if (running === child) running = undefined;
    };
    child.on('error', forget).on('exit', forget);
    if ((await next(child, startWithinMs)) !== 'ready') {
      child.kill('SIGKILL');
      throw new Error('the engine of expressions did not start');
    }
    running = child;
    return child;
  }

  function end(): void {
    const child = running;
    running = undefined;
    child?.kill('SIGKILL');
  }

  async function ask(question: WorkerQuestion, withinMs: number): Promise<Reply> {
    let beganMs: number | undefined;
    const tookMs = () => (beganMs === undefined ? 0 : performance.now() - beganMs);
    try {
      const child = await started();
      hold(child, true);
      beganMs = performance.now();
      child.send(question);
      const answer = await next(child, withinMs);
      hold(child, false);
      if (answer !== 'late') return { ...(answer as ExpressionAnswer), tookMs: tookMs() };
      end();
      return { kind: 'late', tookMs: tookMs() };
    } catch (error) {
      end();
      return {
        kind: 'failed',
        message: error instanceof Error ? error.message : 'the engine of expressions failed',
        tookMs: tookMs(),
      };
    }
  }

  return {
    answer(question, withinMs) {
      if (waiting >= mostWaiting) {
        return Promise.resolve({
          kind: 'failed',
          message: 'too many expressions are waiting to be run',
          tookMs: 0,
        });
      }
      waiting += 1;
      const mine = turn.then(() => ask(question, withinMs)).finally(() => (waiting -= 1));
      turn = mine;
      return mine;
    },
    async close() {
      await turn;
      end();
    },
  };
}
