// Runs the contract of every store against a real PostgreSQL.

import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { migratePostgres } from '../../src/store/postgres/migrate.ts';
import { postgresStore } from '../../src/store/postgres/postgres-store.ts';
import { practiceContract } from './practice-contract.ts';
import { searchContract } from './search-contract.ts';
import { type StoreUnderTest, storeContract } from './store-contract.ts';
import { setUp } from './store-under-test.ts';

let server: PostgresServer;
let migrated: string;

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
  migrated = await server.createDatabase();
  await migratePostgres(migrated);
});
afterAll(() => server.stop());

async function openStore(): Promise<StoreUnderTest> {
  const { given, underTest } = setUp();
  return underTest(await postgresStore({ url: await server.createDatabase(migrated), ...given }));
}

describe('PostgreSQL', () => {
  storeContract(openStore);
  searchContract(openStore);
  practiceContract(openStore);
});
