// Brings a database to the schema that this version of the program knows. Each migration runs once, in its own transaction.
import type { Database } from 'better-sqlite3';
import { progressTable } from '../copy/copied-tables.ts';
import type { Migrated, Migration } from '../migration.ts';
import { halfCopied, newerSchema, olderSchema } from '../schema-error.ts';
import { resources } from './migrations/0001-resources.ts';
import { tokens } from './migrations/0002-tokens.ts';
import { history } from './migrations/0003-history.ts';
import { idempotency } from './migrations/0004-idempotency.ts';
import { bulkExport } from './migrations/0005-bulk-export.ts';
import { indexState } from './migrations/0006-index-state.ts';
import { exportLease } from './migrations/0007-export-lease.ts';
import { jobRuns } from './migrations/0008-job-runs.ts';
import { importFiles } from './migrations/0009-import-files.ts';

/** In order; the place in this list is the schema's number. Never change one that has been released: add the next. */
const migrations: readonly Migration[] = [
  { name: '0001-resources', sql: resources },
  { name: '0002-tokens', sql: tokens },
  { name: '0003-history', sql: history },
  { name: '0004-idempotency', sql: idempotency },
  { name: '0005-bulk-export', sql: bulkExport },
  { name: '0006-index-state', sql: indexState },
  { name: '0007-export-lease', sql: exportLease },
  { name: '0008-job-runs', sql: jobRuns },
  { name: '0009-import-files', sql: importFiles },
];

/** A copy writes where nobody else may: see copy/copy-database.ts. */
export interface MigrateOptions {
  readonly isCopyTarget?: boolean;
}

export function hasTable(database: Database, table: string): boolean {
  return (
    database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !== undefined
  );
}

const schemaOf = (database: Database) => Number(database.pragma('user_version', { simple: true }));

/** Throws SchemaError unless it can be read as it is. */
export function assertCurrentSchema(database: Database, name: string, isCopyTarget: boolean): void {
  const version = schemaOf(database);
  if (version > migrations.length) throw newerSchema(name, version, migrations.length);
  if (version < migrations.length) throw olderSchema(name, version, migrations.length);
  if (!isCopyTarget && hasTable(database, progressTable)) throw halfCopied(name);
}

/** Runs what is missing. Throws SchemaError for a schema newer than the code. */
export function migrate(database: Database, { isCopyTarget = false }: MigrateOptions = {}): Migrated {
  if (!isCopyTarget && hasTable(database, progressTable)) throw halfCopied(database.name);
  const ran: string[] = [];
  // The number is read under the write lock, so that two programs that start together migrate once.
  const step = database.transaction((): boolean => {
    const version = schemaOf(database);
    if (version > migrations.length) {
      throw newerSchema(database.name, version, migrations.length);
    }
    const next = migrations[version];
    if (next === undefined) {
      return false;
    }
    database.exec(next.sql);
    database.pragma(`user_version = ${version + 1}`);
    ran.push(next.name);
    return true;
  });
  while (step.immediate()) {
    // each round runs one migration
  }
  return { schema: migrations.length, ran };
}
