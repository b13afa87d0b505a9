// Runs transactions on connections of their own, as if one ran after another (SERIALIZABLE), and again from the start when another came
// in between. https://www.postgresql.org/docs/current/transaction-iso.html#XACT-SERIALIZABLE
import pg from 'pg';
import { pauseUpTo } from '../../runtime/pause.ts';
import { createSession, type Session } from '../sql/session.ts';
import type { Statements } from '../sql/statements.ts';
import { type Begun, beginTransaction } from './begun-transaction.ts';
import { type ConnectionOptions, clientConfig } from './connection.ts';
import {
  isConnectionLost,
  isUnanswered,
  isWorthReconnecting,
  notStored,
  perhapsStored,
  wasBeaten,
} from './failures.ts';
import type { Numbers } from './numbers.ts';
import type { Ask } from './prepared-texts.ts';
import type { Pulse } from './pulse.ts';

export interface TransactionOptions extends ConnectionOptions {
  readonly ask: Ask;
  readonly pulse: Pulse;
  /** Called at once when a connection is lost, before whoever waited on it hears of it. */
  readonly onLoss: () => void;
  readonly numbers: Numbers;
  readonly connections: number;
  /** How long a transaction may wait for something else than its statements before it is given up. */
  readonly transactionTimeoutMs: number;
}

export interface Transactions {
  write<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Reads one state of the database. */
  read<T>(work: (statements: Statements) => T): Promise<T>;
  close(): Promise<void>;
}

const beginWriting = 'BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE';
const beginReading = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Statements are sent right behind their BEGIN: should that one fail, nothing may be written by those that stand alone then. */
const writesOnlyInTransactions = 'default_transaction_read_only=on';

/** How long a transaction is tried again while others come in between. */
const triedForMs = 3_000;
const longestPauseMs = 50;

export function createTransactions(options: TransactionOptions): Transactions {
  const { patience, pulse, onLoss } = options;
  const settings = [...(options.settings ?? []), writesOnlyInTransactions];
  const pool = new pg.Pool({
    ...clientConfig({ ...options, settings }),
    connectionTimeoutMillis: patience.waitMs,
    max: options.connections,
    idleTimeoutMillis: 30_000,
  });
  // Without listeners a lost connection would end the process. Whoever uses it is told by the statement that fails.
  pool.on('error', onLoss);
  pool.on('connect', (client) => {
    client.on('error', onLoss);
  });

  const connected = async (): Promise<pg.PoolClient> => {
    pulse.demand();
    const coming = pool.connect();
    try {
      return await pulse.whileItAnswers(coming);
    } catch (error) {
      // One that comes too late is for others.
      coming.then(
        (client) => client.release(),
        () => undefined,
      );
      throw pulse.heard(error);
    }
  };

  /** Ends a transaction that is not to be. Is the connection good for another one? If not, it was given back as broken. */
  const rollback = async (client: pg.PoolClient, failure: unknown): Promise<boolean> => {
    if (failure !== undefined && isConnectionLost(failure)) {
      client.release(true);
      return false;
    }
    try {
      await client.query('ROLLBACK');
      return true;
    } catch {
      // The connection is lost, and with it the transaction.
      client.release(true);
      return false;
    }
  };

  /** Rejects when the transaction has waited too long for something else than its statements. */
  const idleTooLong = (begun: Begun): { readonly rejected: Promise<never>; stop(): void } => {
    let timer: NodeJS.Timeout | undefined;
    const rejected = new Promise<never>((_resolve, reject) => {
      const lookIn = (ms: number): void => {
        timer = setTimeout(() => {
          const left =
            (begun.idleSince() ?? performance.now()) + options.transactionTimeoutMs - performance.now();
          if (left > 0) lookIn(left);
          else
            reject(
              new Error('A transaction waited for something other than its own store and was given up.'),
            );
        }, ms);
      };
      lookIn(options.transactionTimeoutMs);
    });
    return { rejected, stop: () => clearTimeout(timer) };
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
    const late = idleTooLong(begun);
    try {
      const value = await Promise.race([work(session), late.rejected]);
      session.assertWhole();
      return value;
    } finally {
      late.stop();
      session.end();
    }
  };

  type Outcome<T> =
    | { readonly kind: 'done'; readonly value: T }
    /** Nothing of it is stored. Only when it was beaten is the connection still in hand. */
    | { readonly kind: 'beaten' | 'cut-off'; readonly why: unknown };

  /** Throws what is not to be tried again. */
  const undone = (client: pg.PoolClient, isGood: boolean, why: unknown): Outcome<never> => {
    if (isGood && wasBeaten(why)) return { kind: 'beaten', why };
    if (isGood) client.release();
    if (wasBeaten(why) || isWorthReconnecting(why)) return { kind: 'cut-off', why };
    throw why;
  };

  const once = async <T>(
    client: pg.PoolClient,
    work: (session: Session) => Promise<T>,
  ): Promise<Outcome<T>> => {
    const begun = beginTransaction(client, beginWriting, options);
    let value: T;
    try {
      value = await runWork(begun, work);
      await begun.settled();
      pulse.demand();
    } catch (error) {
      const failure = begun.failure();
      const isGood = await rollback(client, isUnanswered(error) ? error : failure);
      return undone(client, isGood, wasBeaten(failure) || isConnectionLost(failure) ? failure : error);
    }
    try {
      await begun.commit();
    } catch (error) {
      if (isConnectionLost(error)) {
        client.release(true);
        throw perhapsStored(error);
      }
      // COMMIT is refused when the transaction cannot stand beside others; it is then over.
      return undone(client, true, wasBeaten(begun.failure()) ? begun.failure() : error);
    }
    client.release();
    return { kind: 'done', value };
  };

  return {
    async write(work) {
      let client = await connected();
      const until = performance.now() + triedForMs;
      let losses = 0;
      for (let tries = 1; ; tries += 1) {
        const outcome = await once(client, work);
        if (outcome.kind === 'done') return outcome.value;
        const isLate = performance.now() > until;
        if (outcome.kind === 'beaten') {
          if (isLate) {
            client.release();
            throw notStored(outcome.why);
          }
          // Those who came in each other's way do not come back together.
          await pauseUpTo(Math.min(longestPauseMs, 2 ** tries));
        } else {
          losses += 1;
          // A second new connection would be no better than the first.
          if (isLate || losses > 1) throw notStored(outcome.why);
          client = await connected();
        }
      }
    },
    async read(work) {
      const client = await connected();
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
        if (await rollback(client, begun.failure())) client.release();
        throw error;
      }
    },
    close: () => pool.end(),
  };
}
