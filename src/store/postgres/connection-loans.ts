// The connections for transactions and searches: each is lent to one of them at a time.
import pg from 'pg';
import { type ConnectionOptions, clientConfig } from './connection.ts';
import { isConnectionLost } from './failures.ts';
import type { Pulse } from './pulse.ts';

export interface LoanOptions extends ConnectionOptions {
  readonly connections: number;
  readonly pulse: Pulse;
  /** Called at once when a connection is lost, before whoever waited on it hears of it. */
  readonly onLoss: () => void;
}

export interface Loan {
  readonly client: pg.ClientBase;
  /** Set to false when the connection is not to be used again. */
  isGood: boolean;
  isInLine: boolean;
}

export interface Loans {
  /** Waits for a connection; what `work` leaves of it is given back when it ends. */
  lend<T>(work: (loan: Loan) => Promise<T>): Promise<T>;
  /**
   * Waits until nobody else stands in line before this one, on any node; so long at most, and later for each lock. It leaves the line
   * when the connection is given back.
   */
  standInLine(loan: Loan, lockMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Statements are sent right behind their BEGIN: should that one fail, nothing may be written by those that stand alone then. */
const writesOnlyInTransactions = 'default_transaction_read_only=on';

/**
 * Outside of the line nobody waits long for a lock: those who hold what the others need would wait for each other until the server
 * looks for such circles, a second later, and ends one of them.
 */
const lockOutOfLineMs = 200;

/** The lock is the session's, taken before BEGIN: a transaction that waited for it would see the state of before. */
const enterLine = 'SELECT pg_advisory_lock(4128807, 1)';
const leaveLine = `SELECT pg_advisory_unlock(4128807, 1), set_config('lock_timeout', '${lockOutOfLineMs}', false)`;

export function connectionLoans(options: LoanOptions): Loans {
  const { patience, pulse, onLoss } = options;
  const settings = [...(options.settings ?? []), writesOnlyInTransactions];
  const pool = new pg.Pool({
    ...clientConfig({ ...options, settings, lockMs: lockOutOfLineMs }),
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

  const giveBack = ({ client, isGood, isInLine }: Loan & { readonly client: pg.PoolClient }): void => {
    if (!isGood || !isInLine) {
      client.release(!isGood);
      return;
    }
    client.query(leaveLine).then(
      () => client.release(),
      () => client.release(true),
    );
  };

  return {
    async lend(work) {
      const loan: Loan & { readonly client: pg.PoolClient } = {
        client: await connected(),
        isGood: true,
        isInLine: false,
      };
      try {
        return await work(loan);
      } finally {
        giveBack(loan);
      }
    },
    async standInLine(loan, lockMs) {
      // From here on: who waits in vain has changed the connection too, and leaves a line that it was not in.
      loan.isInLine = true;
      try {
        const patiently = loan.client.query(`SET lock_timeout = ${Math.round(lockMs)}`);
        await Promise.all([patiently, loan.client.query(enterLine)]);
      } catch (error) {
        if (isConnectionLost(error)) loan.isGood = false;
        throw pulse.heard(error);
      }
    },
    close: () => pool.end(),
  };
}
