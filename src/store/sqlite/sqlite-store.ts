// The store on SQLite: current versions, full history, search index, audit and outbox in one file, written by group commit.
import type { OpenedStore } from '../opened-store.ts';
import { openedOver } from '../sql/opened-over.ts';
import type { Session } from '../sql/session.ts';
import type { Statements } from '../sql/statements.ts';
import type { GivenParts } from '../sql/store-parts.ts';
import { createDictionary } from './dictionary.ts';
import { createGroupCommit, hasClosed } from './group-commit.ts';
import { growLog } from './grow-log.ts';
import { openDatabase, openReader } from './open-database.ts';
import { createRowWriter } from './row-writer.ts';
import { createStatements } from './statements.ts';
import { createTurnSnapshot } from './turn-snapshot.ts';

export interface SqliteStoreOptions extends GivenParts {
  /** A file, whose folder is made when it does not exist; or ":memory:", or the bytes of a file, which stay in memory. */
  readonly path: string | Buffer;
  /** How long one transaction may hold up all other writers before it is given up; 5 s unless said otherwise. */
  readonly transactionTimeoutMs?: number;
  /** To what size the log of a file is brought at once; otherwise it grows as it is written. */
  readonly logBytes?: number;
}

/** Opens the database, brings its schema up to date and returns a store. Throws SchemaError for a file it must not touch. */
export function sqliteStore(options: SqliteStoreOptions): OpenedStore {
  const { path, clock, newId, registry, compartment } = options;
  const writer = createStatements(openDatabase(path));
  const isFile = typeof path === 'string' && path !== ':memory:';
  const reader = isFile ? createStatements(openReader(path)) : undefined;
  if (options.logBytes !== undefined) growLog(writer.database, options.logBytes);
  const snapshot = createTurnSnapshot(writer.database);
  const dictionary = createDictionary(writer.insert);
  const commits = createGroupCommit({
    statements: writer,
    beforeGroup: () => snapshot.end(),
    onCommit: () => dictionary.keepCommitted(),
    onRollback: () => dictionary.forgetUncommitted(),
    ...(options.transactionTimeoutMs !== undefined && { transactionTimeoutMs: options.transactionTimeoutMs }),
  });

  /**
   * Reads see only what is committed. Between two groups they use the writing connection, whose page cache stays warm;
   * any other connection drops its whole cache after each commit. While a group runs they use the second connection, or
   * in memory, where there is none, wait for their turn.
   */
  const read = <T>(work: (statements: Statements) => T): Promise<T> => {
    if (commits.isClosed()) return Promise.reject(hasClosed());
    if (commits.isRunning() && reader === undefined) {
      return commits.statement(() => work(writer));
    }
    return new Promise((resolve) => {
      if (commits.isRunning() && reader !== undefined) {
        resolve(work(reader));
      } else {
        snapshot.begin();
        resolve(work(writer));
      }
    });
  };

  const session: Session = {
    read,
    lookUp: read,
    write: (work) => commits.atomic(() => work(writer)),
    append: (work) => commits.statement(() => work(writer)),
    transaction: (work) => commits.transaction(work),
  };
  const rowWriter = createRowWriter(writer);

  return {
    ...openedOver({ session, writer: rowWriter, clock, newId, registry, compartment, dictionary }),
    async check() {
      await read((statements) => statements.get('SELECT 1'));
    },
    async close() {
      await commits.close();
      snapshot.end();
      reader?.database.close();
      writer.database.close();
    },
  };
}
