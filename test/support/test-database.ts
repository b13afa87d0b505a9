// Where a service under test keeps its data: in SQLite, or, when the suite runs on PostgreSQL (scripts/jest-postgres.json), in a copy
// of a database that was prepared once.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { asCopyOf } from '../../scripts/postgres/local-server.ts';
import type { SystemOptions } from '../../src/system.ts';
import { publishedContents } from './published-content.ts';

/** Set by scripts/jest-postgres-setup.cjs. */
const template = process.env['TEST_DATABASE_TEMPLATE'];

/** By folder: services that are given one folder one after another find the same data. */
const byFolder = new Map<string, string>();

async function asOwner(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({
    connectionString: (template ?? '').replace(/[^/]+$/, 'postgres'),
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function copyOf(template: string): Promise<string> {
  const name = `copy_${randomUUID().replaceAll('-', '')}`;
  await asOwner((client) => client.query(`CREATE DATABASE ${name} ${asCopyOf(template)}`));
  return template.replace(/[^/]+$/, name);
}

/** For the options of a system: no `databaseUrl` means SQLite in the folder, or in memory. One that is given is kept. */
export async function databaseFor(
  dataDir: string,
  given?: string,
): Promise<Pick<SystemOptions, 'dataDir' | 'databaseUrl' | 'contents'>> {
  if (given !== undefined) return { dataDir, databaseUrl: given };
  if (template === undefined) {
    return dataDir === ':memory:' ? { dataDir, contents: publishedContents() } : { dataDir };
  }
  const databaseUrl = byFolder.get(dataDir) ?? (await copyOf(template));
  if (dataDir !== ':memory:') byFolder.set(dataDir, databaseUrl);
  return { dataDir, databaseUrl };
}

/** The environment in which a process uses the database of a folder. */
export async function environmentFor(dataDir: string): Promise<Record<string, string>> {
  const { databaseUrl } = await databaseFor(dataDir);
  return { DATA_DIR: dataDir, ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }) };
}

/** Removes what was made for ":memory:" when its service has stopped. */
export async function dropDatabase(databaseUrl: string | undefined): Promise<void> {
  if (databaseUrl === undefined || [...byFolder.values()].includes(databaseUrl)) return;
  await asOwner((client) =>
    client.query(`DROP DATABASE IF EXISTS ${databaseUrl.split('/').at(-1)} WITH (FORCE)`),
  );
}
