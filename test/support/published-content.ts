// Databases that hold the published content and nothing else, each made once for all suites: publishing it takes most of the start of a
// service under test.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import Sqlite from 'better-sqlite3';
import { silentLog } from '../../src/runtime/log.ts';
import { createSystem, type SystemOptions } from '../../src/system.ts';

/** The instant at which the clock of every service under test begins. */
const startAt = '2026-11-20T09:00:00.000Z';

/** Brings the schema of a database up to date and publishes the content into it. */
export async function publishInto(at: Pick<SystemOptions, 'dataDir' | 'databaseUrl'>): Promise<void> {
  const system = await createSystem({
    ...at,
    baseUrl: 'http://alongside.example',
    createOnUpdate: true,
    requireIfMatch: false,
    version: '0.0.0-test',
    clock: { now: () => new Date(startAt) },
    timeZone: 'Europe/Amsterdam',
    newId: () => {
      throw new Error('The published content has ids of its own.');
    },
    log: silentLog,
  });
  await system.close();
}

interface SqliteTemplate {
  /** The file, without a log beside it. */
  readonly path: string;
  remove(): void;
}

export async function makeSqliteTemplate(): Promise<SqliteTemplate> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-template-'));
  await publishInto({ dataDir: folder });
  const file = new Sqlite(join(folder, 'alongside.sqlite'));
  // In memory there is no log to write ahead.
  file.pragma('journal_mode = DELETE');
  const path = join(folder, 'template.sqlite');
  writeFileSync(path, file.serialize());
  file.close();
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

let contents: Buffer | undefined;

/** The bytes of that file, whose path scripts/jest-setup.cjs leaves in the environment. */
export function publishedContents(): Buffer {
  contents ??= readFileSync(env['TEST_SQLITE_TEMPLATE'] ?? '');
  return contents;
}
