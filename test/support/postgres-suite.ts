// What a suite that runs on PostgreSQL needs once: a server, and one prepared database of which every service under test gets a copy.

import { startPostgres } from '../../scripts/postgres/local-server.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { createSystem } from '../../src/system.ts';

/** The instant at which the clock of every service under test begins. */
const startAt = '2026-11-20T09:00:00.000Z';

export interface PostgresSuite {
  /** Its schema is up to date, and it holds the published content. */
  readonly template: string;
  stop(): Promise<void>;
}

export async function startSuite(): Promise<PostgresSuite> {
  const server = await startPostgres(['fsync=off', 'full_page_writes=off']);
  const template = await server.createDatabase();
  const system = await createSystem({
    dataDir: ':memory:',
    databaseUrl: template,
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
  return { template, stop: () => server.stop() };
}
