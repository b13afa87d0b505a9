// Runs transactions on connections of their own, as if one ran after another (SERIALIZABLE), and again from the start when another came
// in between. https://www.postgresql.org/docs/current/transaction-iso.html#XACT-SERIALIZABLE
import { pauseUpTo } from '../../runtime/pause.ts';
import { createSession, type Session } from '../sql/session.ts';
import type { Statements } from '../sql/statements.ts';
import { type BeginTools, type Begun, beginOn } from './begun-transaction.ts';
import { connectionLoans, type Loan, type LoanOptions } from './connection-loans.ts';
import {
  isConnectionLost,
  isUnanswered,
  isWorthReconnecting,
  notStored,
  perhapsStored,
  waitedForLock,
  wasBeaten,
} from './failures.ts';

export interface TransactionOptions extends LoanOptions, BeginTools {
  /** How long a transaction may wait for something else than its statements before it is given up. */
  readonly transactionTimeoutMs: number;
}

export interface Transactions {
  write<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Reads one state of the database. */
  read<T>(work: (statements: Statements) => T): Promise<T>;
  close(): Promise<void>;
}

/** How long a transaction is tried again while others come in between. */
const triedForMs = 3_000;
const longestPauseMs = 50;
/** How long it takes at most when it waits for nothing but a connection, its place in line and one lock. */
const lockedForMs = 4_000;

/**
 * Who was beaten so often stands in line with all others who were, on every node: one of them runs at a time, so that each gets through.
 */
const triesOutOfLine = 1;

export function createTransactions(options: TransactionOptions): Transactions {
  const { pulse, patience } = options;
  const loans = connectionLoans(options);

  /** Ends a transaction that is not to be. */
  const rollback = async (loan: Loan, failure: unknown): Promise<void> => {
    if (failure !== undefined && isConnectionLost(failure)) {
      loan.isGood = false;
      return;
    }
    try {
      await loan.client.query('ROLLBACK');
    } catch {
      // The connection is lost, and with it the transaction.
      loan.isGood = false;
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
        isLost: () => begun.failure() !== undefined && isConnectionLost(begun.failure()),
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
    /** Nothing of it is stored, and it may be tried again: on this connection, or on another one. */
    | { readonly kind: 'beaten' | 'cut-off'; readonly why: unknown };

  /** Throws what is not to be tried again. */
  const undone = ({ isGood, isInLine }: Loan, why: unknown): Outcome<never> => {
    const isBeaten = wasBeaten(why) || (waitedForLock(why) && !isInLine);
    if (isBeaten) return { kind: isGood ? 'beaten' : 'cut-off', why };
    if (isWorthReconnecting(why)) return { kind: 'cut-off', why };
    throw why;
  };

  const once = async <T>(loan: Loan, work: (session: Session) => Promise<T>): Promise<Outcome<T>> => {
    const begun = beginOn(loan.client, 'writing', options);
    let value: T;
    try {
      value = await runWork(begun, work);
      pulse.demand();
    } catch (error) {
      const failure = begun.failure();
      await rollback(loan, isUnanswered(error) ? error : failure);
      const isDatabases = wasBeaten(failure) || waitedForLock(failure) || isConnectionLost(failure);
      return undone(loan, isDatabases ? failure : error);
    }
    try {
      await begun.commit();
    } catch (error) {
      if (isConnectionLost(error)) {
        loan.isGood = false;
        throw perhapsStored(error);
      }
      // COMMIT is refused when the transaction cannot stand beside others; it is then over.
      return undone(loan, wasBeaten(begun.failure()) ? begun.failure() : error);
    }
    return { kind: 'done', value };
  };

  const untilNotBeaten = async <T>(
    loan: Loan,
    work: (session: Session) => Promise<T>,
    until: number,
  ): Promise<Outcome<T>> => {
    for (let tries = 1; ; tries += 1) {
      const outcome = await once(loan, work);
      if (outcome.kind !== 'beaten') return outcome;
      if (performance.now() > until) throw notStored(outcome.why);
      if (tries === triesOutOfLine) {
        const leftMs = until - triedForMs + lockedForMs - performance.now();
        await loans.standInLine(loan, Math.min(leftMs / 2, patience.statementMs));
      } else {
        // Those who came in each other's way do not come back together.
        await pauseUpTo(Math.min(longestPauseMs, 2 ** tries));
      }
    }
  };

  return {
    async write(work) {
      const until = performance.now() + triedForMs;
      for (let losses = 1; ; losses += 1) {
        const outcome = await loans.lend((loan) => untilNotBeaten(loan, work, until));
        if (outcome.kind === 'done') return outcome.value;
        // A second new connection would be no better than the first.
        if (losses > 1 || performance.now() > until) throw notStored(outcome.why);
      }
    },
    async read(work) {
      return loans.lend(async (loan) => {
        const begun = beginOn(loan.client, 'reading', options);
        try {
          const value = await begun.run(work);
          // Not waited for: whatever comes next on the connection is sent behind it.
          loan.client.query('COMMIT').catch(() => undefined);
          return value;
        } catch (error) {
          await rollback(loan, begun.failure());
          throw error;
        }
      });
    },
    close: () => loans.close(),
  };
}
