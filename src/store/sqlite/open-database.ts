// Opens a database file with the settings that the promises of the store rest on, and brings its schema up to date.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite, { type Database } from 'better-sqlite3';
import type { Migrated } from '../migration.ts';
import { SchemaError } from '../schema-error.ts';
import { type MigrateOptions, migrate } from './migrate.ts';

/** Older releases can lose data in WAL mode (the WAL-reset bug, mended in 3.51.3). https://sqlite.org/wal.html */
const oldestSafeSqlite = [3, 51, 3] as const;

const isOlder = (version: readonly number[]) => {
  for (const [place, least] of oldestSafeSqlite.entries()) {
    const part = version[place] ?? 0;
    if (part !== least) {
      return part < least;
    }
  }
  return false;
};

function assertSafeSqlite(database: Database): void {
  const version = String(database.prepare('SELECT sqlite_version()').pluck().get());
  if (isOlder(version.split('.').map(Number))) {
    throw new SchemaError(
      `SQLite ${version} can lose data in WAL mode; ${oldestSafeSqlite.join('.')} or newer is needed.`,
    );
  }
}

/** A page that is written often is copied from the log into the database once. A longer log gains little, and a restart reads it. */
const logPages = 12_000;
const bytesPerPage = 4_096;

/** The size of the log that is reached by writing: 49 MB. */
export const fullLogBytes = logPages * bytesPerPage;

/**
 * One connection that may write; the folder is made when it does not exist. ":memory:" gives a database of its own, and the bytes of
 * a database file one that begins with what is in the file and is never written back.
 */
export function openDatabase(path: string | Buffer): Database {
  return openMigrated(path).database;
}

/** The same for a copy, which may write where nobody else may. */
export function openCopyTarget(path: string): Database {
  return openMigrated(path, { isCopyTarget: true }).database;
}

/** Brings the schema of a file up to date and lets go of it; the file is made when it does not exist. */
export function migrateSqlite(path: string): Migrated {
  const { database, migrated } = openMigrated(path);
  database.close();
  return migrated;
}

function openMigrated(
  path: string | Buffer,
  options: MigrateOptions = {},
): { readonly database: Database; readonly migrated: Migrated } {
  if (typeof path === 'string' && path !== ':memory:') {
    mkdirSync(dirname(path), { recursive: true });
  }
  const database = new Sqlite(path);
  try {
    assertSafeSqlite(database);
    database.pragma('busy_timeout = 5000');
    database.pragma('journal_mode = WAL');
    // better-sqlite3 builds with synchronous=NORMAL for WAL, which loses commits when the power fails.
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    // The connection that nearly all reads and writes use; in KiB.
    database.pragma('cache_size = -32000');
    database.pragma(`wal_autocheckpoint = ${logPages}`);
    database.pragma('temp_store = MEMORY');
    return { database, migrated: migrate(database, options) };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A second connection on the same file that sees only what is committed. */
export function openReader(path: string): Database {
  const database = new Sqlite(path, { readonly: true, fileMustExist: true });
  database.pragma('busy_timeout = 5000');
  database.pragma('cache_size = -2000');
  database.pragma('temp_store = MEMORY');
  database.pragma('query_only = ON');
  return database;
}
