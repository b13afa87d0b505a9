// Runs the contract of every store against a real PostgreSQL.
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import type { Patience } from '../../src/store/postgres/connection.ts';
import { migratePostgres } from '../../src/store/postgres/migrate.ts';
import { postgresStore } from '../../src/store/postgres/postgres-store.ts';
import { practiceContract } from './practice-contract.ts';
import { longForm, titleRead } from './reread-contract.ts';
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

/** What is kept is tested here; how long a database may take is in test/reliability. This one gets a new database for each test. */
const patience: Patience = { connectMs: 20_000, statementMs: 20_000, silenceMs: 25_000, waitMs: 25_000 };

async function openStore(): Promise<StoreUnderTest> {
  const { given, underTest } = setUp();
  const url = await server.createDatabase(migrated);
  const tested = underTest(await postgresStore({ url, patience, ...given }));
  return {
    ...tested,
    async close() {
      await tested.close();
      // Or the disk is still writing hundreds of them when another test waits for it.
      await server.dropDatabase(url);
    },
  };
}

describe('PostgreSQL', () => {
  storeContract(openStore);
  searchContract(openStore);
  practiceContract(openStore);
});

describe('a long definition that was read before', () => {
  it('is given as another node has left it, whether it was updated, deleted or removed by hand and made again', async () => {
    const url = await server.createDatabase(migrated);
    const [one, other] = [setUp(), setUp()];
    const here = one.underTest(await postgresStore({ url, patience, ...one.given }));
    const there = other.underTest(await postgresStore({ url, patience, ...other.given }));
    const seen: string[] = [];
    const look = async () => seen.push(await titleRead(here.store), await titleRead(here.store));
    const put = (title: string) => there.store.update(longForm(title), { upsert: true });
    await put('one');
    await look();
    await put('two');
    await look();
    await there.store.delete('Questionnaire', 'q');
    await look();
    const client = new pg.Client(url);
    await client.connect();
    await client.query('DELETE FROM resource');
    await client.end();
    await put('made again');
    await look();
    await here.close();
    await there.close();
    expect(seen).toEqual([
      'one 1',
      'one 1',
      'two 2',
      'two 2',
      'gone',
      'gone',
      'made again 1',
      'made again 1',
    ]);
  });
});
