// One transaction that has begun on one connection. What it writes is sent at once and not waited for: whether it went well shows in the
// next answer, at the latest before COMMIT, and until then nobody else sees any of it.
import type pg from 'pg';
import type { Statements } from '../sql/statements.ts';
import type { Command, Rows, Send } from './command.ts';
import { isConnectionLost, wasBeaten } from './failures.ts';
import type { Numbers } from './numbers.ts';
import type { Ask } from './prepared-texts.ts';
import type { Pulse } from './pulse.ts';
import { replay } from './replay.ts';

export interface Begun {
  /** Operations run one after another. */
  run<T>(work: (statements: Statements) => T): Promise<T>;
  /** SAVEPOINT and its like; waited for, so that what failed before is known. */
  savepoint(sql: string): Promise<void>;
  /** Resolves when everything that was sent has been done; throws what the database refused first. Before the commit. */
  settled(): Promise<void>;
  /** Throws unless everything is durable. */
  commit(): Promise<void>;
  /** Since when nothing is on the way; undefined while something is. */
  idleSince(): number | undefined;
  /** What the database refused first, since the last savepoint that was gone back to. */
  failure(): unknown;
}

interface Tools {
  readonly ask: Ask;
  readonly numbers: Numbers;
  readonly pulse: Pulse;
}

/** A failure that no savepoint mends. */
const isFinal = (failure: unknown): boolean => wasBeaten(failure) || isConnectionLost(failure);

export function beginTransaction(client: pg.ClientBase, how: string, { ask, numbers, pulse }: Tools): Begun {
  let failure: unknown;
  let underWay = 0;
  let lastEnd = performance.now();

  const sent = async (command: Command): Promise<Rows> => {
    underWay += 1;
    try {
      return await ask(client, command);
    } catch (error) {
      failure ??= error;
      // Behind a statement that failed all others are refused; what counts is why the first one was.
      throw failure;
    } finally {
      underWay -= 1;
      lastEnd = performance.now();
    }
  };
  /** What was not waited for; each ends without an error, because `failure` keeps what went wrong. */
  const left: Promise<unknown>[] = [];
  const sentAndLeft = (command: Command): void => {
    left.push(sent(command).catch(() => undefined));
  };
  sentAndLeft({ sql: how, values: [] });

  const send: Send = async (commands) => {
    const last = commands.at(-1);
    for (const command of commands.slice(0, -1)) sentAndLeft(command);
    return last === undefined ? [] : sent(last);
  };
  const leave = (commands: readonly Command[]): void => {
    for (const command of commands) sentAndLeft(command);
  };

  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const own = last.then(work);
    last = own.catch(() => undefined);
    return own;
  };

  return {
    run: (work) => inTurn(() => replay(work, send, numbers, leave)),
    savepoint: (sql) =>
      inTurn(async () => {
        await send([{ sql, values: [] }]);
        if (sql.startsWith('ROLLBACK TO') && !isFinal(failure)) failure = undefined;
      }),
    settled: () =>
      inTurn(async () => {
        await Promise.all(left.splice(0));
        if (failure !== undefined) throw failure;
      }),
    commit: () =>
      inTurn(async () => {
        const { command } = await client.query('COMMIT').catch((error: unknown) => {
          throw pulse.heard(error);
        });
        // A transaction in which a statement failed is rolled back by COMMIT, without an error.
        if (command !== 'COMMIT') throw new Error('The database rolled back the whole transaction.');
      }),
    idleSince: () => (underWay > 0 ? undefined : lastEnd),
    failure: () => failure,
  };
}
