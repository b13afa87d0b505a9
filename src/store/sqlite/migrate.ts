// Brings a database to the schema that this version of the program knows. Each migration runs once, in its own transaction.
import type { Database } from 'better-sqlite3';
import { SchemaError } from '../schema-error.ts';
import { resources } from './migrations/0001-resources.ts';
import { tokens } from './migrations/0002-tokens.ts';
import { history } from './migrations/0003-history.ts';
import { idempotency } from './migrations/0004-idempotency.ts';
import { bulkExport } from './migrations/0005-bulk-export.ts';
import { exportLease } from './migrations/0006-export-lease.ts';

/** In order; the place in this list is the schema's number. Never change one that has been released: add the next. */
const migrations: readonly { readonly name: string; readonly sql: string }[] = [
  { name: '0001-resources', sql: resources },
  { name: '0002-tokens', sql: tokens },
  { name: '0003-history', sql: history },
  { name: '0004-idempotency', sql: idempotency },
  { name: '0005-bulk-export', sql: bulkExport },
  { name: '0006-export-lease', sql: exportLease },
];

/** Runs what is missing and returns the schema's number. Throws SchemaError for a schema newer than the code. */
export function migrate(database: Database): number {
  // The number is read under the write lock, so that two programs that start together migrate once.
  const step = database.transaction((): boolean => {
    const version = Number(database.pragma('user_version', { simple: true }));
    if (version > migrations.length) {
      throw new SchemaError(
        `The database ${database.name} has schema ${version}; this version of the program knows schemas up to ${migrations.length}. ` +
          'Start a program version that is at least as new as the one that wrote it, or restore a backup from before the upgrade.',
      );
    }
    const next = migrations[version];
    if (next === undefined) {
      return false;
    }
    database.exec(next.sql);
    database.pragma(`user_version = ${version + 1}`);
    return true;
  });
  while (step.immediate()) {
    // each round runs one migration
  }
  return migrations.length;
}
