// An interrupted copy is no database to be served, and goes on where it was: after a signal, and after a kill.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { copyDatabase } from '../../src/store/copy/copy-database.ts';
import type { CopyReader } from '../../src/store/copy/copy-ends.ts';
import { openReader, openTarget } from '../../src/store/copy/open-ends.ts';
import { postgresAddress, sqliteAddress } from '../../src/store/database-address.ts';
import { searchParts } from '../../src/system.ts';
import { type Ended, runCommand } from '../support/command.ts';
import { compileCache } from '../support/compile-cache.ts';
import { copyBetween, tableIn } from '../support/copying.ts';
import { startTestService } from '../support/test-system.ts';
import { makeManyPages } from './many-pages.ts';

const patienceMs = 300_000;
const folder = mkdtempSync(join(tmpdir(), 'alongside-interrupted-'));
let server: PostgresServer;
let source: string;

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
  source = await makeManyPages(join(folder, 'source'), { patients: 1_600, versionsOfOne: 1_200, large: 12 });
}, patienceMs);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Tells the copy to stop when it has looked so many times. */
function soon(most = 1): Pick<AbortSignal, 'aborted'> {
  let looks = 0;
  return {
    get aborted() {
      looks += 1;
      return looks > most;
    },
  };
}

/** Copies with interruption after interruption; what the last run said, and how many runs there were. */
async function copyInPieces(to: string): Promise<{ readonly last: Ended; readonly runs: number }> {
  for (let runs = 1; ; runs += 1) {
    const last = await copyBetween(`sqlite:${source}`, to, soon(1 + (runs % 9)));
    if (last.code === 0 || runs > 100) return { last, runs };
    expect([last.code, last.said]).toEqual([1, expect.stringContaining('Give the same command again')]);
  }
}

describe('an interrupted copy', () => {
  it(
    'goes on where it was, as often as it takes, into either database',
    async () => {
      const whole = await copyBetween(`sqlite:${source}`, `sqlite:${join(folder, 'whole', 'copy.sqlite')}`);
      expect(whole.code).toBe(0);
      for (const to of [`sqlite:${join(folder, 'pieces', 'copy.sqlite')}`, await server.createDatabase()]) {
        const { last, runs } = await copyInPieces(to);
        expect(runs).toBeGreaterThan(4);
        expect([last.said, tableIn(last)]).toEqual([
          expect.stringContaining('Goes on with an interrupted copy'),
          tableIn(whole),
        ]);
      }
    },
    patienceMs,
  );

  it(
    'between two files hears that it is to stop while it runs',
    async () => {
      const to = `sqlite:${join(folder, 'heard', 'copy.sqlite')}`;
      let isOver = false;
      setTimeout(() => {
        isOver = true;
      }, 1);
      const stopped = await copyBetween(`sqlite:${source}`, to, {
        get aborted() {
          return isOver;
        },
      });
      expect([stopped.code, stopped.said]).toEqual([1, expect.stringContaining('Interrupted: sqlite:')]);
    },
    patienceMs,
  );

  it(
    'is not served, not copied, and not gone on with from another source',
    async () => {
      const dataDir = join(folder, 'half');
      const file = `sqlite:${join(dataDir, 'alongside.sqlite')}`;
      const url = await server.createDatabase();
      const other = await makeManyPages(join(folder, 'other'), { patients: 3, versionsOfOne: 1, large: 0 });
      for (const [to, options] of [
        [file, { dataDir }],
        [url, { databaseUrl: url }],
      ] as const) {
        expect((await copyBetween(`sqlite:${source}`, to, soon())).code).toBe(1);
        await expect(startTestService(options)).rejects.toThrow('is half-filled by a copy');
        const onward = await copyBetween(to, `sqlite:${join(folder, 'onward.sqlite')}`);
        expect([onward.code, onward.said]).toEqual([1, expect.stringContaining('is half-filled by a copy')]);
        const mixed = await copyBetween(`sqlite:${other}`, to);
        expect([mixed.code, mixed.said]).toEqual([
          1,
          expect.stringContaining('is another database or has changed since'),
        ]);
      }
    },
    patienceMs,
  );

  it(
    'and any other copies one state of the source, whatever is written meanwhile',
    async () => {
      const writer = new Sqlite(source);
      const url = await server.createDatabase();
      const written: unknown[] = [];
      const whileItRuns = (write: () => unknown) => ({
        get aborted() {
          written.push(write());
          return false;
        },
      });
      const sql = "UPDATE resource SET body = replace(body, 'Family', 'Famili') WHERE id > 'p-9'";
      const first = await copyBetween(
        `sqlite:${source}`,
        url,
        whileItRuns(() => writer.exec(sql)),
      );
      writer.close();
      const client = new pg.Client(url);
      await client.connect();
      let last: Promise<unknown> = Promise.resolve();
      const second = await copyBetween(
        url,
        `sqlite:${join(folder, 'meanwhile.sqlite')}`,
        whileItRuns(() => {
          last = last.then(() => client.query(sql));
          return last;
        }),
      );
      await Promise.all(written);
      await client.end();
      expect(written.length).toBeGreaterThan(20);
      expect([first.code, second.code, tableIn(second)]).toEqual([0, 0, tableIn(first)]);
      // The source has changed indeed.
      const third = await copyBetween(`sqlite:${source}`, `sqlite:${join(folder, 'after.sqlite')}`);
      expect(third.code).toBe(0);
      expect(tableIn(third)).not.toBe(tableIn(first));
    },
    patienceMs,
  );

  it(
    'says that the server was lost, and goes on when it is there again',
    async () => {
      const url = await server.createDatabase();
      let crashed: Promise<void> | undefined;
      const first = await copyBetween(`sqlite:${source}`, url, {
        get aborted() {
          crashed ??= server.crash();
          return false;
        },
      });
      await crashed;
      expect([first.code, first.said]).toEqual([
        1,
        expect.stringMatching(/Cannot use postgres:\/\/.*: (it was stopped|the connection was cut off)/),
      ]);
      const second = await copyBetween(`sqlite:${source}`, url);
      expect([second.code, second.said]).toEqual([
        0,
        expect.stringContaining('Goes on with an interrupted copy'),
      ]);
    },
    patienceMs,
  );

  it(
    'that is killed goes on where it was',
    async () => {
      const url = await server.createDatabase();
      const words = ['copy', '--from', `sqlite:${source}`, '--to', url];
      const child = spawn(process.execPath, ['src/main.ts', ...words], {
        env: compileCache,
        stdio: 'ignore',
      });
      const ended = once(child, 'exit');
      const client = new pg.Client(url);
      await client.connect();
      const rowsThere = async () => {
        const { rows } = await client.query<{ known: boolean }>(
          "SELECT to_regclass('copy_progress') IS NOT NULL AS known",
        );
        if (rows[0]?.known !== true) return 0;
        const counted = await client.query<{ rows: string }>('SELECT count(*) AS rows FROM resource');
        return Number(counted.rows[0]?.rows);
      };
      while ((await rowsThere()) === 0 && child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      child.kill('SIGKILL');
      await ended;
      const some = await rowsThere();
      await client.end();
      expect(some).toBeGreaterThan(0);
      expect(some).toBeLessThan(1_612);
      const { code, said } = await runCommand(words);
      expect([code, said]).toEqual([0, expect.stringContaining('Goes on with an interrupted copy')]);
    },
    patienceMs,
  );

  it(
    'does not meet another one in the same target: one of two goes on, the other is told',
    async () => {
      const search = searchParts(undefined);
      const to = [
        sqliteAddress(join(folder, 'contended.sqlite')),
        postgresAddress(await server.createDatabase()),
      ];
      for (const address of to) {
        const from: CopyReader = await openReader(sqliteAddress(source));
        const one = await openTarget(address, search);
        await one.begin([], { resource: '' });
        const other = await openTarget(address, search);
        const parts = {
          source: from,
          compartment: search.compartment,
          signal: { aborted: true },
          onStored: () => undefined,
        };
        const begun = { places: new Map([['resource', '']]), isResumed: false };
        await copyDatabase({ ...parts, target: one }, begun);
        await expect(copyDatabase({ ...parts, target: other }, begun)).rejects.toThrow(
          'Another copy writes into',
        );
        for (const end of [from, one, other]) await end.close();
      }
    },
    patienceMs,
  );
});
