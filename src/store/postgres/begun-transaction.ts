// One transaction on one connection, from its BEGIN to its COMMIT.
import type pg from 'pg';
import type { Statements } from '../sql/statements.ts';
import type { Command, Rows, Send } from './command.ts';
import type { Numbers } from './numbers.ts';
import type { Ask } from './prepared-texts.ts';
import type { Pulse } from './pulse.ts';
import { replay } from './replay.ts';

/** Operations run one after another. */
export interface Begun {
  run<T>(work: (statements: Statements) => T): Promise<T>;
  /** SAVEPOINT and its like. */
  savepoint(sql: string): Promise<void>;
  /** Throws unless everything is durable. */
  commit(): Promise<void>;
  /** Since when nothing runs; undefined while something does. */
  idleSince(): number | undefined;
  /** What the driver threw first: whatever is done with it, the transaction is lost, or what it did since its last savepoint. */
  failure(): unknown;
}

export interface BeginTools {
  readonly ask: Ask;
  readonly pulse: Pulse;
  readonly numbers: Numbers;
}

const begins = {
  writing: 'BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE',
  reading: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
} as const;

export function beginOn(
  client: pg.ClientBase,
  how: keyof typeof begins,
  { ask, pulse, numbers }: BeginTools,
): Begun {
  let failure: unknown;
  const sent = async (command: Command): Promise<Rows> => {
    try {
      return await ask(client, command);
    } catch (error) {
      failure ??= error;
      throw error;
    }
  };
  // Not waited for: a failure shows in the first statement, which then stands in no transaction; `failure` ends it.
  const begun = sent({ sql: begins[how], values: [] });
  begun.catch(() => undefined);
  const send: Send = async (commands) => {
    const results = await Promise.all([begun, ...commands.map(sent)]);
    return results.at(-1) ?? [];
  };
  let last: Promise<unknown> = Promise.resolve();
  let running = 0;
  let endedAt = performance.now();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    running += 1;
    const own = last.then(work).finally(() => {
      running -= 1;
      endedAt = performance.now();
    });
    last = own.catch(() => undefined);
    return own;
  };
  return {
    idleSince: () => (running === 0 ? endedAt : undefined),
    run: (work) => inTurn(() => replay(work, send, numbers, how === 'writing' ? 'give' : 'find')),
    savepoint: (sql) =>
      inTurn(async () => {
        await send([{ sql, values: [] }]);
      }),
    commit: () =>
      inTurn(async () => {
        const { command } = await client.query('COMMIT').catch((error: unknown) => {
          throw pulse.heard(error);
        });
        // A transaction in which a statement failed is rolled back by COMMIT, without an error.
        if (command !== 'COMMIT') {
          throw new Error('The database rolled back the whole transaction.', { cause: failure });
        }
      }),
    failure: () => failure,
  };
}
