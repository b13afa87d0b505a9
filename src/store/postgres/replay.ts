// Runs the shared operations, which ask their statements and get an answer at once, on a database that answers later.
//
// An operation is run until it asks for something that is not there yet. It is then left (by throwing), the question is put to the
// database, and the operation is run again from its start, with the answers that there are. It does nothing but ask, compute and write
// (session.ts), so that each run asks the same again, and the last one, which finds every answer, is the one that counts. Most
// operations ask one or two things. What they write is gathered and sent when they ask, or at their end.
import type { Statements } from '../sql/statements.ts';
import { type Answer, Attempt, notAnsweredYet } from './attempt.ts';
import type { Send } from './command.ts';
import { type How, isAnyMissing, nothingMissing } from './missing.ts';
import type { Numbers } from './numbers.ts';

/**
 * Resolves with what `work` returns in the run that counts, when all that it wrote has been sent. `atLeast` says what becomes of names
 * without a number that are only looked for (missing.ts).
 */
export async function replay<T>(
  work: (statements: Statements) => T,
  send: Send,
  numbers: Numbers,
  atLeast: How = 'find',
): Promise<T> {
  const answers: Answer[] = [];
  const missing = nothingMissing(atLeast);
  let sent = 0;
  for (;;) {
    const attempt = new Attempt(answers, missing);
    let end: { readonly value: T } | { readonly error: unknown };
    try {
      end = { value: work(attempt) };
    } catch (error) {
      end = { error };
    }
    if (isAnyMissing(missing)) {
      // Whatever came out rests on numbers that were not known.
      await numbers.learn(missing);
      continue;
    }
    const unsent = attempt.writes.slice(sent);
    const { asked } = attempt;
    if (asked !== undefined && 'error' in end && end.error === notAnsweredYet) {
      sent = attempt.writes.length;
      answers.push({ sql: asked.sql, rows: await send([...unsent, asked]) });
      continue;
    }
    if ('error' in end) {
      throw end.error;
    }
    if (unsent.length > 0) {
      await send(unsent);
    }
    return end.value;
  }
}
