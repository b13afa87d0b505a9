// The thread in which expressions are run, one at a time, over the data that come with the question. It knows nothing else and is told nothing else.
import { parentPort } from 'node:worker_threads';
import { type CqlQuestion, cqlAnswer } from './cql-answer.ts';
import type { ExpressionAnswer } from './expression-answer.ts';
import { type PathQuestion, pathAnswer } from './path-answer.ts';

export type WorkerQuestion = CqlQuestion | PathQuestion;

// What the engines print may hold data of a person.
for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) console[level] = () => undefined;

async function answerTo(question: WorkerQuestion): Promise<ExpressionAnswer> {
  try {
    return question.kind === 'cql' ? await cqlAnswer(question) : pathAnswer(question);
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (question: WorkerQuestion) => {
  void answerTo(question).then((answer) => parentPort?.postMessage(answer));
});
parentPort?.postMessage('ready');
