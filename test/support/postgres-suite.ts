// What a suite that runs on PostgreSQL needs once: a server, and one prepared database of which every service under test gets a copy.

import { startPostgres } from '../../scripts/postgres/local-server.ts';
import { publishInto } from './published-content.ts';

export interface PostgresSuite {
  /** Its schema is up to date, and it holds the published content. */
  readonly template: string;
  stop(): Promise<void>;
}

export async function startSuite(): Promise<PostgresSuite> {
  const server = await startPostgres(['fsync=off', 'full_page_writes=off']);
  const template = await server.createDatabase();
  await publishInto({ dataDir: ':memory:', databaseUrl: template });
  return { template, stop: () => server.stop() };
}
