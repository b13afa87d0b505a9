// Brings a PostgreSQL database to the schema that this version of the program knows. All missing migrations run in one transaction.
import pg from 'pg';
import { SchemaError } from '../schema-error.ts';
import { clientConfig, usualPatience } from './connection.ts';
import { resources } from './migrations/0001-resources.ts';
import { service } from './migrations/0002-service.ts';

/** In order; the place in this list is the schema's number. Never change one that has been released: add the next. */
const migrations: readonly { readonly name: string; readonly sql: string }[] = [
  { name: '0001-resources', sql: resources },
  { name: '0002-service', sql: service },
];

/** Two programs that start together wait for each other here. Any number that nobody else uses. */
const migrationLock = 4_128_807;

/** A migration may take longer than a request. */
const migrationPatience = { ...usualPatience, statementMs: 60 * 60 * 1000 };

async function bringUpToDate(client: pg.Client): Promise<number> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
  await client.query(
    'CREATE TABLE IF NOT EXISTS schema_migration (number integer PRIMARY KEY, name text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
  );
  const { rows } = await client.query<{ number: number }>(
    'SELECT coalesce(max(number), 0) AS number FROM schema_migration',
  );
  const version = rows[0]?.number ?? 0;
  if (version > migrations.length) {
    throw new SchemaError(
      `The database has schema ${version}; this version of the program knows schemas up to ${migrations.length}. ` +
        'Start a program version that is at least as new as the one that wrote it, or restore a backup from before the upgrade.',
    );
  }
  for (const [at, { name, sql }] of migrations.entries()) {
    if (at >= version) {
      await client.query(sql);
      await client.query('INSERT INTO schema_migration (number, name) VALUES ($1, $2)', [at + 1, name]);
    }
  }
  return migrations.length - version;
}

/** Resolves with how many migrations ran. Throws SchemaError for a database that this program must not touch. */
export async function migratePostgres(url: string): Promise<number> {
  const client = new pg.Client({ ...clientConfig({ url, patience: migrationPatience }), pipeline: false });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ encoding: string }>('SHOW server_encoding');
    const { rows: versions } = await client.query<{ number: number }>(
      "SELECT current_setting('server_version_num')::int AS number",
    );
    assertUsable(versions[0]?.number ?? 0, Object.values(rows[0] ?? {})[0] ?? '');
    await client.query('BEGIN');
    const ran = await bringUpToDate(client);
    await client.query('COMMIT');
    return ran;
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
