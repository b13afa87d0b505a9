// Rows of answers kept for an Idempotency-Key. They are written by the transaction whose effect they tell of.
import { type AnswerKey, answerLifetimeMs, type KeptAnswer } from '../kept-answer.ts';
import type { Statements } from './statements.ts';

interface AnswerRow {
  readonly call: string;
  readonly content: Buffer;
  readonly status: number;
  readonly headers: string;
  readonly body: string | null;
}

/** So many expired answers go with each one that comes: the table shrinks faster than it can grow, in small steps. */
const removedAtOnce = 20;

export function findAnswer(
  statements: Statements,
  { actor, key }: AnswerKey,
  nowMs: number,
): KeptAnswer | undefined {
  const row = statements.get<AnswerRow>(
    'SELECT call, content, status, headers, body FROM kept_answer WHERE actor = ? AND key = ? AND kept_at > ?',
    actor,
    key,
    nowMs - answerLifetimeMs,
  );
  if (row === undefined) {
    return undefined;
  }
  const { body, headers, ...rest } = row;
  return {
    ...rest,
    headers: JSON.parse(headers) as Readonly<Record<string, string>>,
    ...(body !== null && { body }),
  };
}

/** Fails when the key is taken: of two transactions with one key, one is undone with its effect. */
export function keepAnswer(
  statements: Statements,
  { actor, key }: AnswerKey,
  answer: KeptAnswer,
  nowMs: number,
): void {
  const expired = nowMs - answerLifetimeMs;
  statements.run('DELETE FROM kept_answer WHERE actor = ? AND key = ? AND kept_at <= ?', actor, key, expired);
  statements.run(
    `DELETE FROM kept_answer WHERE (actor, key) IN
       (SELECT actor, key FROM kept_answer WHERE kept_at <= ? ORDER BY kept_at LIMIT ?)`,
    expired,
    removedAtOnce,
  );
  statements.run(
    'INSERT INTO kept_answer (actor, key, call, content, kept_at, status, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    actor,
    key,
    answer.call,
    Buffer.from(answer.content),
    nowMs,
    answer.status,
    JSON.stringify(answer.headers),
    answer.body ?? null,
  );
}
