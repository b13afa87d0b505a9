// What was altered in a copy is found, whatever it is and in whichever database.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { differencesOf, firstDifference } from '../../src/store/copy/compare-databases.ts';
import { openReader } from '../../src/store/copy/open-ends.ts';
import { summariseDatabase } from '../../src/store/copy/summarise-database.ts';
import { type DatabaseAddress, postgresAddress, sqliteAddress } from '../../src/store/database-address.ts';
import { copyBetween } from '../support/copying.ts';
import { startTestService } from '../support/test-system.ts';
import { fillWorld } from './copied-world.ts';

const patienceMs = 240_000;
const folder = mkdtempSync(join(tmpdir(), 'alongside-compare-'));
const source = join(folder, 'alongside.sqlite');
let server: PostgresServer;
let copied: string;

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
  const service = await startTestService({ dataDir: folder });
  await fillWorld(service);
  await service.stop();
  copied = await server.createDatabase();
  await copyBetween(`sqlite:${source}`, copied);
}, patienceMs);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Found {
  readonly differences: readonly string[];
  readonly first: string | undefined;
}

async function found(target: DatabaseAddress): Promise<Found> {
  const [one, other] = [await openReader(sqliteAddress(source)), await openReader(target)];
  const none = () => undefined;
  const differences = differencesOf(await summariseDatabase(one, none), await summariseDatabase(other, none));
  const first = await firstDifference(one, other);
  await one.close();
  await other.close();
  return { differences, first };
}

let alterations = 0;

async function foundAfter(sql: string): Promise<readonly [Found, Found]> {
  alterations += 1;
  const path = join(folder, `altered-${alterations}.sqlite`);
  copyFileSync(source, path);
  const file = new Sqlite(path);
  // Somebody with the file in hand is not held by triggers.
  file.exec(`DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_removed; ${sql}`);
  file.close();
  const url = await server.createDatabase(copied);
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`ALTER TABLE audit DISABLE TRIGGER ALL; ${sql}`);
  await client.end();
  return [await found(sqliteAddress(path)), await found(postgresAddress(url))];
}

const plain = "id = 'plain'";
const changed = "(SELECT row_id FROM resource WHERE id = 'changed')";

describe('the comparison of two databases', () => {
  it('finds nothing between a source and its copy', async () => {
    expect(await found(postgresAddress(copied))).toEqual({ differences: [], first: undefined });
  });

  it.each([
    [
      'one byte of a current version',
      `UPDATE resource SET body = replace(body, '1.10', '1.1') WHERE ${plain}`,
      /^Observation: hash [0-9a-f]{64} became [0-9a-f]{64}$/,
      'Observation/plain/_history/1 has another body in the target',
    ],
    [
      'one byte of a superseded version',
      `UPDATE version SET body = replace(body, '70.00', '70.01') WHERE row_id = ${changed}`,
      /^Observation: hash /,
      'Observation/changed/_history/1 has another body in the target',
    ],
    [
      'the instant of a version',
      `UPDATE resource SET last_updated = last_updated + 1 WHERE ${plain}`,
      /^Observation: hash /,
      'Observation/plain/_history/1 has another lastUpdated in the target',
    ],
    [
      'how a version came to be',
      `UPDATE resource SET method = 1 WHERE ${plain}`,
      /^Observation: hash /,
      'Observation/plain/_history/1 has another method in the target',
    ],
    [
      'a version that is missing',
      `DELETE FROM version WHERE version = 2 AND row_id = ${changed}`,
      /^Observation: versions 16 became 15, hash /,
      'Observation/changed/_history/2 is not in the target, or not in its place',
    ],
    [
      'a deletion that is missing',
      `UPDATE resource SET method = 2, deleted = 0 WHERE id = 'deleted'`,
      /^Observation: deletions 3 became 2, hash /,
      'Observation/deleted/_history/3 has another method in the target',
    ],
    [
      'an audit row that is missing',
      'DELETE FROM audit WHERE audit_id = 5',
      /^audit rows: rows \d+ became \d+, hash /,
      undefined,
    ],
    [
      'when something was done',
      'UPDATE audit SET at_ms = at_ms + 1 WHERE audit_id = 5',
      /^audit rows: hash /,
      undefined,
    ],
    [
      'the rights of a token',
      "UPDATE token SET role = 'system' WHERE role = 'patient'",
      /^tokens: hash /,
      undefined,
    ],
    ['a claim', 'DELETE FROM claim', /^conditional creates: rows 1 became 0, hash /, undefined],
    ['a kept answer', 'UPDATE kept_answer SET status = 500', /^kept answers: hash /, undefined],
    [
      'a change of the outbox',
      'DELETE FROM outbox WHERE sequence = 3',
      /^changes \(outbox\): rows /,
      undefined,
    ],
    [
      'whose record something is in',
      `DELETE FROM compartment WHERE row_id = ${changed}`,
      /^rows in records: rows \d+ became \d+, hash /,
      undefined,
    ],
    ['who takes part in whose care', 'DELETE FROM care_tie', /^care ties: rows 2 became 0, hash /, undefined],
  ] as const)(
    'finds %s',
    async (_what, sql, difference, first) => {
      for (const { differences, first: firstFound } of await foundAfter(sql)) {
        expect(differences).toEqual([expect.stringMatching(difference)]);
        expect(firstFound).toBe(first);
      }
    },
    patienceMs,
  );
});
