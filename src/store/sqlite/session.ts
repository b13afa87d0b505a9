// The inside of one transaction: operations run at once on the writing connection, nested transactions one after another.
import { FhirError } from '../../fhir/error.ts';
import type { Statements } from './statements.ts';

/** Where the operations of a store run: a transaction, or the queue in front of the writer. */
export interface Session {
  read<T>(work: (statements: Statements) => T): Promise<T>;
  /** Several statements that succeed or fail together. */
  write<T>(work: (statements: Statements) => T): Promise<T>;
  /** One statement that only adds a row. */
  append(work: (statements: Statements) => void): Promise<void>;
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

export interface OpenSession extends Session {
  /** Throws when a write failed half-way and the caller carried on. */
  assertWhole(): void;
  /** Later calls are refused: the transaction is over. */
  end(): void;
}

export function createSession(statements: Statements, onRollback: () => void): OpenSession {
  let isOpen = true;
  let failure: unknown;
  let nested: Promise<unknown> | undefined;

  const run = <T>(work: (statements: Statements) => T): T => {
    if (!isOpen) {
      throw new Error('This transaction is over; its store cannot be used any more.');
    }
    try {
      return work(statements);
    } catch (error) {
      // A refusal is decided before the first write; anything else may have left half of its rows behind.
      if (!(error instanceof FhirError)) {
        failure = error;
      }
      throw error;
    }
  };

  /** Operations beside an open nested transaction wait for its end, or they would be rolled back with it. */
  const afterNested = async <T>(work: (statements: Statements) => T): Promise<T> => {
    while (nested !== undefined) {
      await nested;
    }
    return run(work);
  };

  const runNested = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    run(() => statements.run('SAVEPOINT nested'));
    const child = createSession(statements, onRollback);
    try {
      const value = await work(child);
      child.assertWhole();
      child.end();
      run(() => statements.run('RELEASE nested'));
      return value;
    } catch (error) {
      child.end();
      onRollback();
      if (isOpen && statements.database.inTransaction) {
        statements.run('ROLLBACK TO nested');
        statements.run('RELEASE nested');
      }
      throw error;
    }
  };

  return {
    read: afterNested,
    write: afterNested,
    append: afterNested,
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
