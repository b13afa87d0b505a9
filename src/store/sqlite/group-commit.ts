// The single writer. All writes queued in one turn of the event loop share one BEGIN IMMEDIATE … COMMIT, each inside its own
// SAVEPOINT, and are answered after the COMMIT: durable like one commit each, at a fraction of the cost.
import { FhirError } from '../../fhir/error.ts';
import { createSession, type Session } from '../sql/session.ts';
import type { SqliteStatements } from './statements.ts';

type Job =
  /** One statement: it is atomic by itself and needs no savepoint. */
  | { readonly kind: 'statement'; readonly work: () => unknown; readonly settle: Settle }
  | { readonly kind: 'atomic'; readonly work: () => unknown; readonly settle: Settle }
  | {
      readonly kind: 'transaction';
      readonly work: (session: Session) => Promise<unknown>;
      readonly settle: Settle;
    };

interface Settle {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

export interface GroupCommit {
  /** Runs one statement (or a read) in the next group, without a savepoint. */
  statement<T>(work: () => T): Promise<T>;
  /** Runs several statements in the next group; a throw undoes them. */
  atomic<T>(work: () => T): Promise<T>;
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Is a group under way, so that the connection shows what is not committed yet? */
  isRunning(): boolean;
  isClosed(): boolean;
  /** Resolves when everything queued has been answered; later jobs are refused. */
  close(): Promise<void>;
}

export interface GroupCommitOptions {
  readonly statements: SqliteStatements;
  /** Called before a group begins. */
  readonly beforeGroup: () => void;
  /** Called when a commit succeeded, and when anything was rolled back. */
  readonly onCommit: () => void;
  readonly onRollback: () => void;
  /** Jobs in one commit at most. */
  readonly mostJobs?: number;
  /** How long one transaction may hold up all others before it is given up. */
  readonly transactionTimeoutMs?: number;
}

/** Turns of the event loop that a group waits while it grows. An idle turn takes some microseconds, a commit hundreds. */
const mostTurns = 3;

/** A full disk or a lock held by another program passes; the client may try again. */
function asRefusal(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('SQLITE_FULL') || code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_IOERR')
    ? new FhirError(
        503,
        [
          {
            severity: 'error',
            code: 'transient',
            diagnostics: 'The database cannot write at the moment; nothing was stored.',
          },
        ],
        { cause: error, headers: { 'Retry-After': '5' } },
      )
    : error;
}

/** The service stops, and this came too late for it. */
export function hasClosed(): FhirError {
  const diagnostics = 'The service is stopping; nothing of this was stored.';
  return new FhirError(503, [{ severity: 'error', code: 'transient', diagnostics }], {
    headers: { 'Retry-After': '5' },
  });
}

export function createGroupCommit(options: GroupCommitOptions): GroupCommit {
  const {
    statements,
    beforeGroup,
    onCommit,
    onRollback,
    mostJobs = 256,
    transactionTimeoutMs = 5000,
  } = options;
  const { database } = statements;
  const queue: Job[] = [];
  let isScheduled = false;
  let isClosed = false;
  let isGroupRunning = false;
  let whenIdle: (() => void) | undefined;

  const runTransaction = async (work: (session: Session) => Promise<unknown>): Promise<unknown> => {
    const session = createSession(
      {
        run: (one) => one(statements),
        savepoint: (sql) => statements.run(sql),
        isLost: () => !database.inTransaction,
      },
      onRollback,
    );
    let timer: NodeJS.Timeout | undefined;
    try {
      const value = await new Promise((resolve, reject) => {
        timer = setTimeout(() => {
          reject(new Error('A transaction waited for something other than its own store and was given up.'));
        }, transactionTimeoutMs);
        work(session).then(resolve, reject);
      });
      session.assertWhole();
      return value;
    } finally {
      clearTimeout(timer);
      session.end();
    }
  };

  const runJob = async (job: Job): Promise<() => void> => {
    if (job.kind === 'statement') {
      try {
        const value = job.work();
        return () => job.settle.resolve(value);
      } catch (error) {
        return () => job.settle.reject(asRefusal(error));
      }
    }
    statements.run('SAVEPOINT job');
    try {
      const value = job.kind === 'atomic' ? job.work() : await runTransaction(job.work);
      statements.run('RELEASE job');
      return () => job.settle.resolve(value);
    } catch (error) {
      onRollback();
      // SQLite may have rolled everything back by itself, for example when the disk is full.
      if (database.inTransaction) {
        statements.run('ROLLBACK TO job');
        statements.run('RELEASE job');
      }
      return () => job.settle.reject(asRefusal(error));
    }
  };

  const runGroup = async (group: readonly Job[]): Promise<void> => {
    const answers: (() => void)[] = [];
    try {
      beforeGroup();
      isGroupRunning = true;
      statements.run('BEGIN IMMEDIATE');
      for (const job of group) {
        answers.push(await runJob(job));
        if (!database.inTransaction) {
          throw new Error('The database rolled back the whole group.');
        }
      }
      statements.run('COMMIT');
      isGroupRunning = false;
      onCommit();
    } catch (error) {
      onRollback();
      if (database.inTransaction) {
        statements.run('ROLLBACK');
      }
      isGroupRunning = false;
      const reason = asRefusal(error);
      for (const job of group) {
        job.settle.reject(reason);
      }
      return;
    }
    for (const answer of answers) {
      answer();
    }
  };

  const drain = async (): Promise<void> => {
    await runGroup(queue.splice(0, mostJobs));
    isScheduled = queue.length > 0;
    if (isScheduled) {
      setImmediate(() => void drain());
    } else {
      whenIdle?.();
    }
  };

  /** Starts the group when a turn brought nothing more: jobs that are just coming in share the commit. */
  const gather = (seen: number, turnsLeft: number): void => {
    setImmediate(() => {
      if (turnsLeft > 1 && queue.length > seen) {
        gather(queue.length, turnsLeft - 1);
      } else {
        void drain();
      }
    });
  };

  const add = <T>(job: (settle: Settle) => Job): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (isClosed) {
        reject(hasClosed());
        return;
      }
      queue.push(job({ resolve: (value) => resolve(value as T), reject }));
      if (!isScheduled) {
        isScheduled = true;
        gather(queue.length, mostTurns);
      }
    });

  return {
    statement: (work) => add((settle) => ({ kind: 'statement', work, settle })),
    atomic: (work) => add((settle) => ({ kind: 'atomic', work, settle })),
    transaction: (work) => add((settle) => ({ kind: 'transaction', work, settle })),
    isRunning: () => isGroupRunning,
    isClosed: () => isClosed,
    close() {
      isClosed = true;
      return new Promise((resolve) => {
        if (isScheduled) {
          whenIdle = resolve;
        } else {
          resolve();
        }
      });
    },
  };
}
