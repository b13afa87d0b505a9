// Where the operations of a store run, and the inside of one transaction: operations one after another, nested transactions too.
import { FhirError } from '../../fhir/error.ts';
import type { Statements } from './statements.ts';

/**
 * `work` is given the statements of the moment and returns at once. It may be run more than once before its result counts, so it
 * must do nothing but ask, compute and write through its statements.
 */
type Work<T> = (statements: Statements) => T;

/** Where the operations of a store run: a transaction, or whatever stands in front of the database. */
export interface Session {
  /** Reads one state of the database, however many statements it takes. */
  read<T>(work: Work<T>): Promise<T>;
  /** A read that asks for one row or a few by their key. */
  lookUp<T>(work: Work<T>): Promise<T>;
  /** Several statements that succeed or fail together. */
  write<T>(work: Work<T>): Promise<T>;
  /** One statement that only adds a row. */
  append(work: Work<void>): Promise<void>;
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

/** The connection of one transaction. */
export interface Connection {
  run<T>(work: Work<T>): T | Promise<T>;
  /** SAVEPOINT and its like. */
  savepoint(sql: string): void | Promise<void>;
  /** Has the database given up the whole transaction? */
  isLost(): boolean;
}

export interface OpenSession extends Session {
  /** Throws when a write failed half-way and the caller carried on. */
  assertWhole(): void;
  /** Later calls are refused: the transaction is over. */
  end(): void;
}

export function createSession(connection: Connection, onRollback: () => void): OpenSession {
  let isOpen = true;
  let failure: unknown;
  let nested: Promise<unknown> | undefined;

  const assertOpen = (): void => {
    if (!isOpen) {
      throw new Error('This transaction is over; its store cannot be used any more.');
    }
  };

  /** Operations beside an open nested transaction wait for its end, or they would be rolled back with it. */
  const run = async <T>(work: Work<T>): Promise<T> => {
    while (nested !== undefined) {
      await nested;
    }
    assertOpen();
    try {
      const value = connection.run(work);
      return value instanceof Promise ? await value : value;
    } catch (error) {
      // A refusal is decided before the first write; anything else may have left half of its rows behind.
      if (!(error instanceof FhirError)) {
        failure = error;
      }
      throw error;
    }
  };

  const runNested = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    assertOpen();
    await connection.savepoint('SAVEPOINT nested');
    const child = createSession(connection, onRollback);
    try {
      const value = await work(child);
      child.assertWhole();
      child.end();
      assertOpen();
      await connection.savepoint('RELEASE SAVEPOINT nested');
      return value;
    } catch (error) {
      child.end();
      onRollback();
      if (isOpen && !connection.isLost()) {
        await connection.savepoint('ROLLBACK TO SAVEPOINT nested');
        await connection.savepoint('RELEASE SAVEPOINT nested');
      }
      throw error;
    }
  };

  return {
    read: run,
    lookUp: run,
    write: run,
    append: run,
    async transaction(work) {
      while (nested !== undefined) {
        await nested;
      }
      const own = runNested(work);
      nested = own.then(
        () => undefined,
        () => undefined,
      );
      try {
        return await own;
      } finally {
        nested = undefined;
      }
    },
    assertWhole() {
      if (failure !== undefined) {
        throw new Error('A write of this transaction failed half-way, so that none of it may stay.', {
          cause: failure,
        });
      }
    },
    end() {
      isOpen = false;
    },
  };
}
