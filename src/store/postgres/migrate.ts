// Brings a PostgreSQL database to the schema that this version of the program knows. All missing migrations run in one transaction.
import pg from 'pg';
import { progressTable } from '../copy/copied-tables.ts';
import { postgresAddress } from '../database-address.ts';
import type { Migrated, Migration } from '../migration.ts';
import { halfCopied, newerSchema, olderSchema, SchemaError } from '../schema-error.ts';
import { clientConfig, usualPatience } from './connection.ts';
import { resources } from './migrations/0001-resources.ts';
import { service } from './migrations/0002-service.ts';
import { jobRuns } from './migrations/0003-job-runs.ts';
import { importFiles } from './migrations/0004-import-files.ts';

/** In order; the place in this list is the schema's number. Never change one that has been released: add the next. */
const migrations: readonly Migration[] = [
  { name: '0001-resources', sql: resources },
  { name: '0002-service', sql: service },
  { name: '0003-job-runs', sql: jobRuns },
  { name: '0004-import-files', sql: importFiles },
];

/** Two programs that start together wait for each other here. Any number that nobody else uses. */
const migrationLock = 4_128_807;

/** A migration may take longer than a request. */
const migrationPatience = { ...usualPatience, statementMs: 60 * 60 * 1000, silenceMs: 61 * 60 * 1000 };

async function schemaOf(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ number: number }>(
    'SELECT coalesce(max(number), 0) AS number FROM schema_migration',
  );
  return rows[0]?.number ?? 0;
}

async function bringUpToDate(client: pg.Client, name: string): Promise<Migrated> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
  await client.query(
    'CREATE TABLE IF NOT EXISTS schema_migration (number integer PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
  );
  const version = await schemaOf(client);
  if (version > migrations.length) {
    throw newerSchema(name, version, migrations.length);
  }
  const ran: string[] = [];
  for (const [at, { name: migration, sql }] of migrations.entries()) {
    if (at >= version) {
      await client.query(sql);
      await client.query('INSERT INTO schema_migration (number, name) VALUES ($1, $2)', [at + 1, migration]);
      ran.push(migration);
    }
  }
  return { schema: migrations.length, ran };
}

/** A copy writes where nobody else may: see copy/copy-database.ts. */
export interface MigrateOptions {
  readonly isCopyTarget?: boolean;
  /** How long to connect may take, in milliseconds; as long as usual unless said otherwise. */
  readonly connectMs?: number;
}

export async function hasTable(client: pg.ClientBase, table: string): Promise<boolean> {
  const { rows } = await client.query<{ known: boolean }>('SELECT to_regclass($1) IS NOT NULL AS known', [
    table,
  ]);
  return rows[0]?.known === true;
}

/** Throws SchemaError unless it can be read as it is. */
export async function assertCurrentSchema(
  client: pg.ClientBase,
  name: string,
  isCopyTarget: boolean,
): Promise<void> {
  const version = (await hasTable(client, 'schema_migration')) ? await schemaOf(client) : 0;
  if (version > migrations.length) throw newerSchema(name, version, migrations.length);
  if (version < migrations.length) throw olderSchema(name, version, migrations.length);
  if (!isCopyTarget && (await hasTable(client, progressTable))) throw halfCopied(name);
}

/** Throws SchemaError for a database that this program must not touch. */
export async function migratePostgres(
  url: string,
  { isCopyTarget = false, connectMs = usualPatience.connectMs }: MigrateOptions = {},
): Promise<Migrated> {
  const { name } = postgresAddress(url);
  const patience = { ...migrationPatience, connectMs };
  const client = new pg.Client({ ...clientConfig({ url, patience }), pipeline: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ encoding: string }>('SHOW server_encoding');
    const { rows: versions } = await client.query<{ number: number }>(
      "SELECT current_setting('server_version_num')::int AS number",
    );
    assertUsable(versions[0]?.number ?? 0, Object.values(rows[0] ?? {})[0] ?? '');
    if (!isCopyTarget && (await hasTable(client, progressTable))) throw halfCopied(name);
    await client.query('BEGIN');
    const migrated = await bringUpToDate(client, name);
    await client.query('COMMIT');
    return migrated;
  } finally {
    await client.end();
  }
}

/** Subqueries without an alias came with 16; UTF8 alone holds every text. */
const oldestVersion = 160_000;

function assertUsable(version: number, encoding: string): void {
  if (version < oldestVersion) {
    throw new SchemaError(
      `PostgreSQL ${Math.floor(version / 10_000)} is too old; ${oldestVersion / 10_000} or newer is needed.`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new SchemaError(`The database has the encoding ${encoding}; make one with ENCODING 'UTF8'.`);
  }
}
