// Runs the contract of every store against a real PostgreSQL.

import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { migratePostgres } from '../../src/store/postgres/migrate.ts';
import { postgresStore } from '../../src/store/postgres/postgres-store.ts';
import { readSearchParameters } from '../../src/store/read-search-parameters.ts';
import { factsOf } from './facts-of.ts';
import { practiceContract } from './practice-contract.ts';
import { searchContract } from './search-contract.ts';
import { type StoreUnderTest, storeContract } from './store-contract.ts';

const { registry, compartment } = readSearchParameters('fhir-profiles/base');
let server: PostgresServer;
let migrated: string;

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
  migrated = await server.createDatabase();
  await migratePostgres(migrated);
});
afterAll(() => server.stop());

async function openStore(): Promise<StoreUnderTest> {
  let nowMs = Date.UTC(2026, 0, 1);
  let ids = 0;
  const clock = { now: () => new Date(nowMs) };
  const opened = await postgresStore({
    url: await server.createDatabase(migrated),
    clock,
    newId: () => `id-${++ids}`,
    registry,
    compartment,
  });
  return {
    store: opened.store,
    registry,
    facts: () => factsOf(opened),
    setClock: (ms) => {
      nowMs = ms;
    },
    close: () => opened.close(),
  };
}

describe('PostgreSQL', () => {
  storeContract(openStore);
  searchContract(openStore);
  practiceContract(openStore);
});
