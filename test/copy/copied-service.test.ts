// A copy answers as the source did, to everybody; it can be written to, and copied back.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { bodyOf } from '../support/answer-body.ts';
import { copyBetween, tableIn } from '../support/copying.ts';
import { startTestService, type TestService } from '../support/test-system.ts';
import { answersOf, type Bearers, createOnce, createUnderKey, fillWorld } from './copied-world.ts';

const patienceMs = 240_000;
const folder = mkdtempSync(join(tmpdir(), 'alongside-copy-'));
const dataDirOf = (name: string) => join(folder, name);
const fileOf = (name: string) => `sqlite:${join(dataDirOf(name), 'alongside.sqlite')}`;
/** Behind every id that the source has given. */
const firstId = 1_000_000;

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
}, patienceMs);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Answered {
  readonly answers: Readonly<Record<string, string>>;
  readonly bearers: Bearers;
  readonly created: string;
  readonly keptText: string;
}

/** Fills a service and stops it. */
async function answeredBySource(options: Parameters<typeof startTestService>[0]): Promise<Answered> {
  const service = await startTestService(options);
  try {
    const bearers = await fillWorld(service);
    return {
      bearers,
      answers: await answersOf(service, bearers),
      created: bodyOf(await createOnce(service)).id,
      keptText: (await createUnderKey(service, bearers.system)).text,
    };
  } finally {
    await service.stop();
  }
}

async function expectTheSame(service: TestService, source: Answered): Promise<void> {
  expect(await answersOf(service, source.bearers)).toEqual(source.answers);
  const again = await createOnce(service);
  expect([again.status, bodyOf(again).id]).toEqual([200, source.created]);
  const kept = await createUnderKey(service, source.bearers.system);
  expect([kept.status, kept.text]).toEqual([201, source.keptText]);
}

async function expectWritable(service: TestService): Promise<void> {
  const ask = (method: 'put' | 'post' | 'delete', path: string, body: object) =>
    request(service.url)
      [method](`/fhir${path}`)
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send(JSON.stringify(body));
  const made = await ask('post', '/Patient', { resourceType: 'Patient', active: true });
  expect(made.status).toBe(201);
  const newest = await request(service.url)
    .get('/fhir/Patient')
    .set('Authorization', service.bearer('system'));
  expect(bodyOf(newest).entry[0]?.resource.id).toBe(bodyOf(made).id);
  const restored = await ask('put', '/Patient/gone', { resourceType: 'Patient', id: 'gone' });
  expect([restored.status, restored.headers['etag']]).toEqual([201, 'W/"3"']);
  expect((await ask('delete', '/Observation/plain', {})).status).toBe(204);
}

describe('a copy', () => {
  it(
    'from SQLite to PostgreSQL and back answers the same each time, with the same hashes',
    async () => {
      const source = await answeredBySource({ dataDir: dataDirOf('first') });
      const url = await server.createDatabase();
      const there = await copyBetween(fileOf('first'), url);
      expect([there.code, there.said]).toEqual([0, expect.stringContaining('holds everything that')]);
      const back = await copyBetween(url, fileOf('back'));
      const [onFile, onServer] = [
        await copyBetween(fileOf('first'), fileOf('second')),
        await server.createDatabase(),
      ];
      const onward = await copyBetween(url, onServer);
      expect(tableIn(there)).toContain('Observation');
      expect([back, onFile, onward].map((ended) => [ended.code, tableIn(ended)])).toEqual(
        Array.from({ length: 3 }, () => [0, tableIn(there)]),
      );
      for (const options of [
        { databaseUrl: url },
        { databaseUrl: onServer },
        { dataDir: dataDirOf('back') },
      ]) {
        const copied = await startTestService({ ...options, firstId });
        await expectTheSame(copied, source);
        await expectWritable(copied);
        await copied.stop();
      }
    },
    patienceMs,
  );

  it(
    'from a PostgreSQL that a service has filled, to SQLite',
    async () => {
      const url = await server.createDatabase();
      const source = await answeredBySource({ databaseUrl: url });
      const ended = await copyBetween(url, fileOf('from-postgres'));
      expect([ended.code, ended.said]).toEqual([0, expect.stringContaining('holds everything that')]);
      const copied = await startTestService({ dataDir: dataDirOf('from-postgres'), firstId });
      await expectTheSame(copied, source);
      await expectWritable(copied);
      await copied.stop();
    },
    patienceMs,
  );
});
