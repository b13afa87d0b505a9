// An export that begins on one node is followed, given out and, when that node dies, finished by another.
import pg from 'pg';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import type { ExportJob } from '../../src/bulk/export-job.ts';
import { asked } from '../reliability/stored-truth.ts';
import { type ChildService, startChild } from '../support/child-service.ts';
import { type RealNode, startNode } from '../support/real-node.ts';

let server: PostgresServer;
let databaseUrl: string;
let node: RealNode;
let child: ChildService;
let headers: Record<string, string>;
const total = 20_000;

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
  databaseUrl = await server.createDatabase();
  node = await startNode(databaseUrl);
  child = await startChild('', databaseUrl);
  headers = { Authorization: (await node.makeToken('system')).bearer, Prefer: 'respond-async' };
  await asked(databaseUrl, `INSERT INTO term (text) VALUES ('Basic') ON CONFLICT DO NOTHING`);
  // Rows as creates leave them, as far as an export looks at them.
  await asked(
    databaseUrl,
    `INSERT INTO resource (home_id, type_id, id, version, last_updated, method, deleted, body)
     SELECT 0, t.term_id, 'b-' || n, 1, 1767225600000, (SELECT min(method) FROM resource), 0,
       '{"resourceType":"Basic","id":"b-' || n || '","meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00.000Z"},'
       || '"code":{"text":"' || repeat('ü', 200) || '"}}'
     FROM term t, generate_series(1, $1) AS n WHERE t.text = 'Basic'`,
    [total],
  );
});
afterAll(async () => {
  await node.stop();
  await child.kill();
  await server.stop();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Begins one when the one before is done: a client has one at a time. */
async function begun(base: string, types: string): Promise<string> {
  for (;;) {
    const answer = await fetch(`${base}/$export?_type=${types}`, { headers });
    if (answer.status === 202) return answer.headers.get('Content-Location')?.split('/').at(-1) ?? '';
    expect(answer.status).toBe(429);
    await pause(20);
  }
}
const statusOf = (base: string, job: string) => fetch(`${base}/$export-status/${job}`, { headers });

async function textsFrom(base: string, job: string): Promise<readonly string[]> {
  let answer = await statusOf(base, job);
  while (answer.status === 202) {
    await pause(50);
    answer = await statusOf(base, job);
  }
  expect(answer.status).toBe(200);
  const manifest = (await answer.json()) as { readonly output: readonly { readonly url: string }[] };
  return Promise.all(
    manifest.output.map(async ({ url }) => {
      const file = await fetch(`${base}/$export-file/${url.split('/').at(-1)}`, { headers });
      expect([file.status, file.headers.get('Content-Type')]).toEqual([200, 'application/fhir+ndjson']);
      return file.text();
    }),
  );
}

const idsIn = (texts: readonly string[]) =>
  texts.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly id: string }).id),
  );

const chunks = async () =>
  Number((await asked<{ n: string }>(databaseUrl, 'SELECT count(*) AS n FROM export_chunk'))[0]?.n);

it('begins on one node, is followed on the other and given out by both', async () => {
  const job = await begun(child.base, 'Questionnaire,Basic');
  const texts = await textsFrom(node.base, job);
  const ids = idsIn(texts);
  expect(ids.filter((id) => id.startsWith('b-')).length).toBe(total);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(total);
  expect(await textsFrom(child.base, job)).toEqual(texts);
  // Cancelled on one, it is gone on both, with its bytes.
  expect((await fetch(`${node.base}/$export-status/${job}`, { method: 'DELETE', headers })).status).toBe(202);
  expect((await statusOf(child.base, job)).status).toBe(404);
  expect(await chunks()).toBe(0);
});

it('holds every change that has its instant before it, of which some are still to come when it begins', async () => {
  // As of a node whose clock is behind, or whose changes are long on their way.
  const behindMs = 600;
  const slow = await startNode(databaseUrl, { now: () => new Date(Date.now() - behindMs) });
  const job = await begun(child.base, 'Device');
  const statuses: number[] = [];
  const until = performance.now() + 2 * behindMs;
  while (performance.now() < until) {
    const body = JSON.stringify({ resourceType: 'Device' });
    const sent = { ...headers, 'Content-Type': 'application/fhir+json' };
    statuses.push((await fetch(`${slow.base}/Device`, { method: 'POST', headers: sent, body })).status);
  }
  await slow.stop();
  expect(new Set(statuses)).toEqual(new Set([201]));
  const exported = new Set(idsIn(await textsFrom(node.base, job)));
  const { transactionMs = 0 } = (await node.system.exports.tools.jobs.find(job)) ?? {};
  const stored = await asked<{ id: string }>(
    databaseUrl,
    `SELECT r.id FROM resource r JOIN term t ON t.term_id = r.type_id
      WHERE t.text = 'Device' AND r.last_updated <= $1`,
    [transactionMs],
  );
  expect(stored.length).toBeGreaterThan(10);
  expect([exported.size, stored.filter(({ id }) => !exported.has(id)).length]).toEqual([stored.length, 0]);
  expect((await fetch(`${node.base}/$export-status/${job}`, { method: 'DELETE', headers })).status).toBe(202);
});

it('is given out whole when the database is held up meanwhile', async () => {
  const job = await begun(child.base, 'Basic');
  const texts = await textsFrom(node.base, job);
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE export_chunk IN ACCESS EXCLUSIVE MODE');
  const reading = textsFrom(node.base, job);
  await pause(1_000);
  await holder.end();
  expect(await reading).toEqual(texts);
  expect((await fetch(`${node.base}/$export-status/${job}`, { method: 'DELETE', headers })).status).toBe(202);
});

it('that is cancelled on the other node ends on the one that carries it out, and leaves nothing', async () => {
  const job = await begun(child.base, 'Basic');
  while ((await chunks()) === 0) await pause(2);
  expect((await fetch(`${node.base}/$export-status/${job}`, { method: 'DELETE', headers })).status).toBe(202);
  // Whatever the first node was about to write is refused.
  await pause(500);
  expect(await chunks()).toBe(0);
  expect(await begun(child.base, 'Patient')).not.toBe('');
});

it('goes on when the node that carries it out is killed; nothing is missing or twice', async () => {
  const { jobs } = node.system.exports.tools;
  const job = await begun(child.base, 'Basic');
  while ((await chunks()) < 3) await pause(2);
  await child.kill();
  const killedAt = performance.now();
  const left: ExportJob | undefined = await jobs.find(job);
  expect(left?.state).toBe('running');
  const ids = idsIn(await textsFrom(node.base, job));
  process.stdout.write(
    `export finished by another node after ${Math.round(performance.now() - killedAt)} ms\n`,
  );
  expect([ids.length, new Set(ids).size]).toEqual([total, total]);
  child = await startChild('', databaseUrl);
  expect(idsIn(await textsFrom(child.base, job))).toEqual(ids);
});

it('is taken up at once by another node when its own is stopped in order', async () => {
  const job = await begun(child.base, 'Basic');
  while ((await chunks()) < 3) await pause(2);
  expect(await child.stop()).toBe(0);
  const from = performance.now();
  const ids = idsIn(await textsFrom(node.base, job));
  expect([ids.length, new Set(ids).size]).toEqual([total, total]);
  expect(performance.now() - from).toBeLessThan(20_000);
});
