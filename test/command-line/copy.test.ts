// "copy" on the command line: what it refuses, and in which words.
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { sqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { searchParts } from '../../src/system.ts';
import { makeManyPages } from '../copy/many-pages.ts';
import { copyBetween, copyWith } from '../support/copying.ts';
import { startTestService } from '../support/test-system.ts';

const patienceMs = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'alongside-refused-'));
const fresh = () => `sqlite:${mkdtempSync(join(folder, 'to-'))}/copy.sqlite`;
let server: PostgresServer;
let source: string;

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
  source = await makeManyPages(join(folder, 'source'), { patients: 5, versionsOfOne: 3, large: 0 });
}, patienceMs);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ended = (code: number, said: string) => ({ code, said: expect.stringContaining(said) as string });

describe('copy', () => {
  it('tells how it is used, and refuses what it does not understand', async () => {
    expect(await copyWith(['--help'])).toEqual(ended(0, 'Usage:'));
    expect(await copyWith([])).toEqual(ended(2, '--from and --to are needed.'));
    expect(await copyWith(['--fast'])).toEqual(ended(2, "Unknown option '--fast'"));
    expect(await copyBetween('sqlite:', fresh())).toEqual(
      ended(2, '--from: sqlite: needs the path of a file'),
    );
    expect(await copyBetween('sqlite::memory:', fresh())).toEqual(ended(2, 'needs the path of a file'));
    const unknown = await copyBetween(fresh(), 'mysql://somebody:tell-nobody@127.0.0.1/clinic');
    expect(unknown).toEqual(ended(2, '--to: A database is named sqlite:PATH or postgres://'));
    const without = await copyBetween(fresh(), 'postgres://somebody:tell-nobody@127.0.0.1');
    expect(without).toEqual(ended(2, '--to: A PostgreSQL database is named postgres://'));
    expect(unknown.said + without.said).not.toContain('tell-nobody');
  });

  it('refuses a source that is not there, is no database, or is none of ours', async () => {
    const [none, text, empty, old] = ['none', 'text', 'empty', 'old'].map((name) => join(folder, name));
    if (none === undefined || text === undefined || empty === undefined || old === undefined)
      throw new Error();
    writeFileSync(text, 'no database, whatever is expected of it'.repeat(50));
    new Sqlite(empty).exec('CREATE TABLE other (a)').close();
    const file = new Sqlite(old);
    file.pragma('user_version = 2');
    file.close();
    expect(await copyBetween(`sqlite:${none}`, fresh())).toEqual(
      ended(1, `sqlite:${none}: there is no such file.`),
    );
    expect(existsSync(none)).toBe(false);
    expect(await copyBetween(`sqlite:${folder}`, fresh())).toEqual(ended(1, 'there is no such file'));
    expect(await copyBetween(`sqlite:${text}`, fresh())).toEqual(ended(1, 'the file is no SQLite database'));
    expect(await copyBetween(`sqlite:${empty}`, fresh())).toEqual(
      ended(1, 'holds no database of this program'),
    );
    expect(await copyBetween(`sqlite:${old}`, fresh())).toEqual(
      ended(1, 'bring it up to date by "migrate" first'),
    );
    expect(await copyBetween(await server.createDatabase(), fresh())).toEqual(
      ended(1, 'holds no database of this program'),
    );
  });

  it('refuses a server that cannot be used, at either end, and never shows the password', async () => {
    const away = 'postgres://somebody:tell-nobody@127.0.0.1:1/clinic';
    const words = 'Cannot use postgres://127.0.0.1:1/clinic: nothing takes connections there (ECONNREFUSED).';
    const [from, to] = [await copyBetween(away, fresh()), await copyBetween(`sqlite:${source}`, away)];
    expect([from, to]).toEqual([ended(1, words), ended(1, words)]);
    expect(from.said + to.said).not.toContain('tell-nobody');
  });

  it('refuses a target that is not empty, and leaves it as it was', async () => {
    const path = join(mkdtempSync(join(folder, 'used-')), 'alongside.sqlite');
    const used = sqliteStore({
      path,
      clock: { now: () => new Date(0) },
      newId: () => 'mine',
      ...searchParts(undefined),
    });
    await used.store.create({ resourceType: 'Patient' });
    await used.close();
    const before = readFileSync(path);
    expect(await copyBetween(`sqlite:${source}`, `sqlite:${path}`)).toEqual(
      ended(1, 'is not empty (it has rows in "resource"), and nothing was copied. Give a new file'),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
    const url = await server.createDatabase();
    await (await startTestService({ databaseUrl: url })).stop();
    expect(await copyBetween(`sqlite:${source}`, url)).toEqual(ended(1, 'is not empty'));
  });

  it('refuses the same database at both ends, by whatever name', async () => {
    const link = join(folder, 'link.sqlite');
    symlinkSync(source, link);
    const same = '--from and --to are the same database';
    expect(await copyBetween(`sqlite:${source}`, `sqlite:${source}`)).toEqual(ended(1, same));
    expect(await copyBetween(`sqlite:${source}`, `sqlite:${link}`)).toEqual(ended(1, same));
    const url = await server.createDatabase();
    expect((await copyBetween(`sqlite:${source}`, url)).code).toBe(0);
    expect(
      await copyBetween(url, url.replace('127.0.0.1', 'localhost').replace('postgres:', 'postgresql:')),
    ).toEqual(ended(1, same));
  });

  it('says what differs in a target that is not as the source, and keeps the service out of it', async () => {
    const url = await server.createDatabase();
    expect((await copyBetween(`sqlite:${source}`, url)).code).toBe(0);
    const client = new pg.Client(url);
    await client.connect();
    // As if the last batch had been stored, and something had gone wrong with it.
    await client.query("UPDATE resource SET body = replace(body, 'Family', 'Other') WHERE id = 'p-1'");
    await client.query('CREATE TABLE copy_progress (stage text PRIMARY KEY, place text NOT NULL)');
    const last = JSON.stringify({ rowId: 5, version: 1, isCurrent: true, patients: [] });
    const ends = {
      resource: last,
      claim: '[9]',
      outbox: '[9]',
      kept_answer: '["z","z"]',
      audit: '[9]',
      token: '["z"]',
      source: '7',
    };
    for (const [stage, place] of Object.entries(ends)) {
      await client.query('INSERT INTO copy_progress VALUES ($1, $2)', [stage, place]);
    }
    await client.end();
    const { code, said } = await copyBetween(`sqlite:${source}`, url);
    expect(code).toBe(1);
    expect(said).toMatch(
      /^Patient, source +5 +7 +0 {2}[0-9a-f]{32}\nPatient, target +5 +7 +0 {2}[0-9a-f]{32}$/m,
    );
    expect(said).toContain('The copy is not the same as the source:');
    expect(said).toContain('The first difference: Patient/p-1/_history/1 has another body in the target.');
    // It stays closed to the service.
    await expect(startTestService({ databaseUrl: url })).rejects.toThrow('is half-filled by a copy');
  });

  it('finds that BASE_URL was another: a reference to the service itself would count as one to elsewhere', async () => {
    const dataDir = join(folder, 'absolute');
    const service = await startTestService({ dataDir });
    await service.system.contextFor({ role: 'system', scopes: [], tokenId: 't' }, 'r').store.create({
      resourceType: 'Observation',
      status: 'final',
      code: { text: 'Weight' },
      subject: { reference: 'http://alongside.example/fhir/Patient/one' },
    });
    await service.stop();
    const words = ['--from', `sqlite:${join(dataDir, 'alongside.sqlite')}`, '--to', fresh()];
    expect(await copyWith(words, { aborted: false }, 'http://elsewhere.example')).toEqual(
      ended(1, '  rows in records: rows 1 became 0'),
    );
  });

  it('says which exports it leaves out', async () => {
    const path = await makeManyPages(join(folder, 'with-exports'), {
      patients: 1,
      versionsOfOne: 1,
      large: 0,
    });
    const file = new Sqlite(path);
    file.exec(
      `INSERT INTO export_job (job_id, client, state, transaction_ms, finished_ms, request, place, files)
         VALUES ('job', 'client', 'done', 1, 2, '{}', '{}', '[]')`,
    );
    file.close();
    expect(await copyBetween(`sqlite:${path}`, fresh())).toEqual(ended(0, '1 exports are not copied'));
  });
});
