// "migrate" on the command line: the database gets the schema of this version, and the operator hears what was done.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { bodyOf } from '../support/answer-body.ts';
import { asking } from '../support/asking.ts';
import { runCommand } from '../support/command.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-migrate-'));
let server: PostgresServer;
let url: string;

// Each run is a process of its own, which takes seconds on a busy machine.
const patienceMs = 120_000;

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
  url = await server.createDatabase();
}, patienceMs);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What the command says and how it ends. */
async function migrate(environment: Readonly<Record<string, string>>, ...words: readonly string[]) {
  const { code, said } = await runCommand(['migrate', ...words], environment);
  return [code, said];
}

describe('migrate', () => {
  it(
    'makes the file in DATA_DIR, and says the second time that it is up to date',
    async () => {
      const dataDir = join(folder, 'new');
      expect(await migrate({ DATA_DIR: dataDir })).toEqual([
        0,
        expect.stringMatching(/: (\d) migrations run \(0001-resources, .*\); it has schema \1 now\.\n$/),
      ]);
      expect(await migrate({ DATA_DIR: dataDir })).toEqual([
        0,
        expect.stringMatching(/is up to date: schema \d\.\n$/),
      ]);
    },
    patienceMs,
  );

  it(
    'does the same at DATABASE_URL',
    async () => {
      const name = url.replace('postgres@', '');
      expect(await migrate({ DATABASE_URL: url })).toEqual([
        0,
        `${name}: 4 migrations run (0001-resources, 0002-service, 0003-job-runs, 0004-import-files); it has schema 4 now.\n`,
      ]);
      expect(await migrate({ DATABASE_URL: url })).toEqual([0, `${name} is up to date: schema 4.\n`]);
    },
    patienceMs,
  );

  it(
    'refuses a schema that is newer than the program',
    async () => {
      const dataDir = join(folder, 'newer');
      await migrate({ DATA_DIR: dataDir });
      const file = new Sqlite(join(dataDir, 'alongside.sqlite'));
      file.pragma('user_version = 99');
      file.close();
      const newer = 'has schema 99; this version of the program knows schemas up to';
      expect(await migrate({ DATA_DIR: dataDir })).toEqual([1, expect.stringContaining(newer)]);

      const newerUrl = await server.createDatabase();
      await migrate({ DATABASE_URL: newerUrl });
      const client = new pg.Client(newerUrl);
      await client.connect();
      await client.query("INSERT INTO schema_migration (number, name) VALUES (99, '0099-later')");
      await client.end();
      expect(await migrate({ DATABASE_URL: newerUrl })).toEqual([1, expect.stringContaining(newer)]);
    },
    patienceMs,
  );

  it(
    'says why a database cannot be used, and never shows the password',
    async () => {
      const broken = join(folder, 'alongside.sqlite');
      writeFileSync(broken, 'This is no database, whatever its name says. '.repeat(40));
      const at = new URL(url).host;
      const withPassword = (address: string) => ({
        DATABASE_URL: `postgres://somebody:tell-nobody@${address}`,
      });
      const answers = [
        await migrate({ DATA_DIR: folder }),
        await migrate(withPassword('127.0.0.1:1/clinic')),
        await migrate(withPassword(`${at}/test_1`)),
        await migrate({ DATABASE_URL: `${url}_not_there` }),
        await migrate({ DATABASE_URL: 'mysql://somebody:tell-nobody@127.0.0.1/clinic' }),
      ];
      expect(answers).toEqual([
        [1, `Cannot use sqlite:${broken}: the file is no SQLite database (SQLITE_NOTADB).\n`],
        [1, 'Cannot use postgres://127.0.0.1:1/clinic: nothing takes connections there (ECONNREFUSED).\n'],
        [1, `Cannot use postgres://${at}/test_1: the user or the password is not accepted (28000).\n`],
        [
          1,
          `Cannot use postgres://${at}/test_1_not_there: there is no such database: make it first (CREATE DATABASE) (3D000).\n`,
        ],
        [1, expect.stringContaining('DATABASE_URL: must be like postgres://')],
      ]);
      expect(JSON.stringify(answers)).not.toContain('tell-nobody');
      // The service and the other commands say the same.
      for (const words of [[], ['token', 'list']]) {
        const others = [
          await runCommand(words, { DATA_DIR: folder }),
          await runCommand(words, withPassword('127.0.0.1:1/clinic')),
        ];
        expect(others.map(({ code, said }) => [code, said])).toEqual(answers.slice(0, 2));
      }
    },
    patienceMs,
  );

  it.each(['SQLite', 'PostgreSQL'])(
    "with --index finds what was stored by an address that became the service's own later: %s",
    async (kind) => {
      const dataDir = join(folder, `moved-${kind}`);
      const databaseUrl = kind === 'SQLite' ? undefined : await server.createDatabase();
      const inDatabase = databaseUrl !== undefined;
      const environment = { DATA_DIR: dataDir, ...(inDatabase && { DATABASE_URL: databaseUrl }) };
      /** How many Flags are the patient's, by a service that is started for it and does this first. */
      const found = async (
        firstId: number,
        work?: (service: TestService) => Promise<unknown>,
      ): Promise<unknown> => {
        const service = await startTestService({ dataDir, firstId, ...(inDatabase && { databaseUrl }) });
        try {
          await work?.(service);
          return bodyOf(await asking(() => service)('get', '/Flag?patient=Patient/p&_summary=count')).total;
        } finally {
          await service.stop();
        }
      };
      const store = async (service: TestService) => {
        const ask = asking(() => service);
        await ask('put', '/Patient/p', { resourceType: 'Patient', id: 'p' });
        const answer = await ask('post', '/Flag', {
          resourceType: 'Flag',
          status: 'active',
          code: { text: 'Invented' },
          subject: { reference: 'https://clinic.example/fhir/Patient/p' },
        });
        expect(answer.status).toBe(201);
      };
      expect(await found(1, store)).toBe(0);
      expect(await migrate({ ...environment, BASE_URL: 'https://clinic.example' }, '--index')).toEqual([
        0,
        expect.stringMatching(
          /is up to date: schema \d\.\n.*^Flag: 1 indexed anew\n.*^Resources indexed anew in all: \d+\.\n$/ms,
        ),
      ]);
      expect(await found(1000)).toBe(1);
    },
    patienceMs,
  );

  it(
    'tells how it is used, and refuses what would have no effect',
    async () => {
      expect(await migrate({}, '--help')).toEqual([0, expect.stringContaining('Usage:')]);
      expect(await migrate({}, 'down')).toEqual([2, expect.stringContaining('takes nothing but --index')]);
      expect(await migrate({ DATA_DIR: ':memory:' })).toEqual([
        2,
        expect.stringContaining('nothing would be kept'),
      ]);
    },
    patienceMs,
  );
});
