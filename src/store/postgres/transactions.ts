// Runs transactions on connections of their own, as if one ran after another (SERIALIZABLE), and again from the start when another came
// in between. https://www.postgresql.org/docs/current/transaction-iso.html#XACT-SERIALIZABLE
import pg from 'pg';
import { pauseUpTo } from '../../runtime/pause.ts';
import { createSession, type Session } from '../sql/session.ts';
import type { Statements } from '../sql/statements.ts';
import { type Begun, beginTransaction } from './begun-transaction.ts';
import { type ConnectionOptions, clientConfig } from './connection.ts';
import { isConnectionLost, isTimeout, notStored, perhapsStored, wasBeaten } from './failures.ts';
import type { Numbers } from './numbers.ts';
import type { Ask } from './prepared-texts.ts';

export interface TransactionOptions extends ConnectionOptions {
  readonly ask: Ask;
  readonly numbers: Numbers;
  readonly connections: number;
  /** How long a transaction may wait for something else than its own statements before it is given up. */
  readonly transactionTimeoutMs: number;
}

export interface Transactions {
  write<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Reads one state of the database. */
  read<T>(work: (statements: Statements) => T): Promise<T>;
  close(): Promise<void>;
}

const beginWriting = 'BEGIN ISOLATION LEVEL SERIALIZABLE';
const beginReading = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** How long a transaction is tried again while others come in between. */
const triedForMs = 4_000;
const longestPauseMs = 50;

export function createTransactions(options: TransactionOptions): Transactions {
  const { patience } = options;
  const pool = new pg.Pool({
    ...clientConfig(options),
    connectionTimeoutMillis: patience.waitMs,
    max: options.connections,
    idleTimeoutMillis: 30_000,
  });
  // Without listeners a lost connection would end the process. Whoever uses it is told by the statement that fails.
  const heard = () => undefined;
  pool.on('error', heard);
  pool.on('connect', (client) => {
    client.on('error', heard);
  });

  /** Ends a transaction that is not to be. The connection is kept unless something is wrong with it. */
  const rollback = async (client: pg.PoolClient, failure: unknown): Promise<void> => {
    if (failure !== undefined && isConnectionLost(failure)) {
      client.release(true);
      return;
    }
    try {
      await client.query('ROLLBACK');
      client.release();
    } catch {
      // The connection is lost, and with it the transaction.
      client.release(true);
    }
  };

  const runWork = async <T>(begun: Begun, work: (session: Session) => Promise<T>): Promise<T> => {
    const session = createSession(
      {
        run: (one) => begun.run(one),
        savepoint: (sql) => begun.savepoint(sql),
        isLost: () => isConnectionLost(begun.failure()),
      },
      () => undefined,
    );
    const { transactionTimeoutMs } = options;
    let watch: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      watch = setInterval(() => {
        if (begun.idleMs() >= transactionTimeoutMs) {
          reject(new Error('A transaction waited for something other than its own store and was given up.'));
        }
      }, transactionTimeoutMs / 5);
    });
    try {
      const value = await Promise.race([work(session), late]);
      session.assertWhole();
      return value;
    } finally {
      clearInterval(watch);
      session.end();
    }
  };

  type Outcome<T> =
    | { readonly kind: 'done'; readonly value: T }
    /** It may be tried again: nothing of it is stored. */
    | { readonly kind: 'undone'; readonly why: unknown };

  const once = async <T>(work: (session: Session) => Promise<T>): Promise<Outcome<T>> => {
    const client = await pool.connect();
    const begun = beginTransaction(client, beginWriting, options);
    let value: T;
    try {
      value = await runWork(begun, work);
    } catch (error) {
      const failure = begun.failure();
      await rollback(client, failure);
      const isWorthAnother = wasBeaten(failure) || (isConnectionLost(failure) && !isTimeout(failure));
      if (isWorthAnother) return { kind: 'undone', why: failure };
      throw error;
    }
    try {
      await begun.commit();
    } catch (error) {
      if (isConnectionLost(error)) {
        client.release(true);
        throw perhapsStored(error);
      }
      // COMMIT is refused when the transaction cannot stand beside others; it is then over.
      client.release();
      if (wasBeaten(error) || wasBeaten(begun.failure())) return { kind: 'undone', why: error };
      throw error;
    }
    client.release();
    return { kind: 'done', value };
  };

  return {
    async write(work) {
      const until = performance.now() + triedForMs;
      for (let tries = 1; ; tries += 1) {
        const outcome = await once(work);
        if (outcome.kind === 'done') return outcome.value;
        if (performance.now() > until) throw notStored(outcome.why);
        // Those who came in each other's way do not come back together.
        await pauseUpTo(Math.min(longestPauseMs, 2 ** tries));
      }
    },
    async read(work) {
      const client = await pool.connect();
      const begun = beginTransaction(client, beginReading, options);
      try {
        const value = await begun.run(work);
        // Nothing hangs on how it ends.
        client.query('COMMIT').then(
          () => client.release(),
          () => client.release(true),
        );
        return value;
      } catch (error) {
        await rollback(client, begun.failure());
        throw error;
      }
    },
    close: () => pool.end(),
  };
}
