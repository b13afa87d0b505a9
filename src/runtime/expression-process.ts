// The process in which expressions are run, by a thread of it: what never ends or needs too much memory takes nobody with it. It ends with the
// service, even while the thread is busy.
import { Worker } from 'node:worker_threads';

const memoryMb = 256;

/** The same from src/ and from dist/. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? './expression-worker.ts' : './expression-worker.js',
  import.meta.url,
);

const worker = new Worker(workerFile, {
  execArgv: [],
  env: {},
  resourceLimits: { maxOldGenerationSizeMb: memoryMb },
});
const end = () => process.exit(1);

worker.on('message', (message: unknown) => process.send?.(message));
worker.on('error', end).on('exit', end);
process.on('message', (question) => worker.postMessage(question));
process.on('disconnect', end);
