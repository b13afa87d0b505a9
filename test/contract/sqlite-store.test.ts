// Runs the contract of every store against SQLite, on disk and in memory, and tests what only SQLite has.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { growLog } from '../../src/store/sqlite/grow-log.ts';
import { openDatabase } from '../../src/store/sqlite/open-database.ts';
import { sqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { practiceContract } from './practice-contract.ts';
import { longForm, titleRead } from './reread-contract.ts';
import { searchContract } from './search-contract.ts';
import { type StoreUnderTest, storeContract } from './store-contract.ts';
import { setUp } from './store-under-test.ts';

const base = mkdtempSync(join(tmpdir(), 'alongside-store-'));
let folders = 0;

afterAll(() => rmSync(base, { recursive: true, force: true }));

const freshPath = () => join(base, String(++folders), 'alongside.db');

function openStore(path: string): StoreUnderTest {
  const { given, underTest } = setUp();
  return underTest(sqliteStore({ path, ...given }));
}

describe('SQLite in memory', () => {
  const open = () => Promise.resolve(openStore(':memory:'));
  storeContract(open);
  searchContract(open);
  practiceContract(open);
});

describe('SQLite on disk', () => {
  const open = () => Promise.resolve(openStore(freshPath()));
  storeContract(open);
  searchContract(open);
});

describe('a database file', () => {
  it('keeps everything when it is opened again', async () => {
    const path = freshPath();
    const first = openStore(path);
    await first.store.create({ resourceType: 'Patient', name: [{ family: 'Vos' }] }, { id: 'p' });
    await first.store.update({ resourceType: 'Patient', id: 'p', name: [{ family: 'Bos' }] });
    await first.close();
    const second = openStore(path);
    const read = await second.store.read('Patient', 'p');
    const { entries } = await second.store.history('Patient', 'p', { count: 5 });
    expect([read.kind, entries.map(({ versionId }) => versionId)]).toEqual(['found', ['2', '1']]);
    expect((await second.facts()).outbox).toBe(2);
    await second.close();
  });

  it('has its log at full size from the start, and nothing in it that was not stored', async () => {
    const path = freshPath();
    const first = openDatabase(path);
    first.exec("INSERT INTO term (text) VALUES ('kept')");
    const cacheSize = first.pragma('cache_size', { simple: true });
    for (const bytes of [3_000_000, 3_000_000, 1_000_000]) {
      growLog(first, bytes);
      expect(statSync(`${path}-wal`).size).toBeGreaterThan(2_700_000);
      expect(statSync(`${path}-wal`).size).toBeLessThan(3_200_000);
      expect(first.pragma('cache_size', { simple: true })).toBe(cacheSize);
    }
    // A program that ended without closing leaves the log; whoever opens it next must read it right.
    const second = openDatabase(path);
    expect(second.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(second.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'filler'").pluck().get()).toBe(0);
    expect(second.prepare('SELECT text FROM term').pluck().all()).toEqual(['kept']);
    second.close();
    first.close();
    const third = openStore(path);
    await third.store.create({ resourceType: 'Patient' }, { id: 'p' });
    expect((await third.store.read('Patient', 'p')).kind).toBe('found');
    await third.close();
  });

  it('gets the history of its types when it was written before there was one', async () => {
    const path = freshPath();
    const first = openStore(path);
    await first.store.create({ resourceType: 'Patient', name: [{ family: 'Vos' }] }, { id: 'p' });
    await first.store.update({ resourceType: 'Patient', id: 'p', name: [{ family: 'Bos' }] });
    await first.store.create({ resourceType: 'Organization', name: 'Invented' }, { id: 'o' });
    await first.store.delete('Organization', 'o');
    await first.close();
    const database = new Sqlite(path);
    database.exec(
      'DROP INDEX version_updated; ALTER TABLE version DROP COLUMN type_id; DROP TABLE kept_answer; DROP TABLE export_job; DROP TABLE index_state; DROP TABLE job_run; DROP TABLE import_file;',
    );
    database.pragma('user_version = 2');
    database.close();
    const second = openStore(path);
    const versionsOf = async (type: 'Patient' | 'Organization') =>
      (await second.store.wideHistory({ kind: 'type', type }, { count: 9 })).entries.map(
        ({ id, versionId }) => `${id} ${versionId}`,
      );
    expect([await versionsOf('Patient'), await versionsOf('Organization')]).toEqual([
      ['p 2', 'p 1'],
      ['o 2', 'o 1'],
    ]);
    await second.close();
  });

  it('gives a long definition that was removed by hand and made again as it is now', async () => {
    const path = freshPath();
    const opened = openStore(path);
    const { store } = opened;
    await store.update(longForm('one'), { upsert: true });
    const seen = [await titleRead(store)];
    const database = new Sqlite(path);
    database.exec('DELETE FROM resource');
    database.close();
    opened.setClock(Date.UTC(2026, 0, 2));
    await store.update(longForm('made again'), { upsert: true });
    seen.push(await titleRead(store), await titleRead(store));
    await opened.close();
    expect(seen).toEqual(['one 1', 'made again 1', 'made again 1']);
  });

  it('opens on a disk that has no room for a log of full size', () => {
    const database = openDatabase(freshPath());
    const pages = Number(database.pragma('page_count', { simple: true }));
    database.pragma(`max_page_count = ${pages + 50}`);
    growLog(database, 3_000_000);
    expect(database.inTransaction).toBe(false);
    database.exec("INSERT INTO term (text) VALUES ('kept')");
    expect(database.prepare('SELECT text FROM term').pluck().all()).toEqual(['kept']);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  });

  it('is refused, with what to do, when its schema is newer than the program', () => {
    const path = freshPath();
    openDatabase(path).close();
    const database = new Sqlite(path);
    database.pragma('user_version = 999');
    database.close();
    expect(() => openStore(path)).toThrow(
      /has schema 999; .* Start a program version that is at least as new/,
    );
  });

  it('syncs every commit to disk', async () => {
    const database = openDatabase(freshPath());
    expect(database.pragma('synchronous', { simple: true })).toBe(2);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    database.close();
  });

  it('refuses to change or remove audit rows', () => {
    const database = openDatabase(':memory:');
    database.exec(
      `INSERT INTO audit (at_ms, role_id, subject_id, token_id, request_id, action, interaction_id, type_id, outcome)
       VALUES (0, 1, 1, 1, 'r', 'R', 1, 1, 'success')`,
    );
    expect(() => database.exec('UPDATE audit SET at_ms = 1')).toThrow('audit rows cannot be changed');
    expect(() => database.exec('DELETE FROM audit')).toThrow('audit rows cannot be removed');
    database.close();
  });

  it('undoes a transaction that outlasts its turn, whoever reads in that turn', async () => {
    const opened = openStore(freshPath());
    const failing = opened.store.transaction(async (inner) => {
      await inner.create({ resourceType: 'Patient' }, { id: 'half' });
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('it ends badly');
    });
    const read = opened.store.read('Patient', 'half');
    await expect(failing).rejects.toThrow('it ends badly');
    expect((await read).kind).toBe('missing');
    expect((await opened.store.read('Patient', 'half')).kind).toBe('missing');
    await opened.close();
  });

  it('gives up a transaction that waits for something else than its own store', async () => {
    const opened = sqliteStore({ ...setUp().given, path: ':memory:', transactionTimeoutMs: 20 });
    let outside: Promise<unknown> | undefined;
    const stuck = opened.store.transaction(async () => {
      // The outer store waits for the transaction in which this stands.
      outside = opened.store.create({ resourceType: 'Patient' });
      await outside;
    });
    await expect(stuck).rejects.toThrow('waited for something other than its own store');
    await outside;
    expect((await opened.store.read('Patient', 'id-1')).kind).toBe('found');
    await opened.close();
  });
});
