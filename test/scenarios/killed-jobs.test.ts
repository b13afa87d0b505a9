// A process that is killed in the middle of a job: the next one goes on when the lease has run out, leaves nobody out and does nothing twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent, CarePlan, Task } from '@medplum/fhirtypes';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import type { JobRun } from '../../src/runtime/job-runs.ts';
import type { OpenedStore } from '../../src/store/opened-store.ts';
import { postgresStore } from '../../src/store/postgres/postgres-store.ts';
import { sqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { searchParts } from '../../src/system.ts';
import { byToken, findResources } from '../../src/workflows/resources/find-resources.ts';
import { type ChildService, startChild } from '../support/child-service.ts';

const job = 'look-at-long-pauses';
/** So many that no machine is through with them between two looks. */
const courses = 1_500;
/** The process is killed as soon as it has set so many. */
const enough = 20;
const leaseMs = 60_000;
const dayMs = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'alongside-killed-jobs-'));
let server: PostgresServer;
let child: ChildService | undefined;

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
});
afterAll(async () => {
  if (child?.isRunning()) await child.kill();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The database beside the processes that run jobs on it, by a clock that is so far ahead or behind. */
type Open = (aheadMs: number) => OpenedStore | Promise<OpenedStore>;

const given = (aheadMs: number) => ({
  clock: { now: () => new Date(Date.now() + aheadMs) },
  newId: () => 'never',
  ...searchParts(undefined),
});

/** Courses that have all been paused for a hundred days: each gets one Task. */
async function fill({ store }: OpenedStore): Promise<void> {
  for (let from = 0; from < courses; from += 100) {
    await store.transaction(async (inside) => {
      for (let at = from; at < from + 100; at += 1) {
        await inside.create({ resourceType: 'Patient' }, { id: `p${at}` });
        const carePlan: CarePlan = {
          resourceType: 'CarePlan',
          identifier: [{ system: 'https://w3id.org/alongside/fhir/identifier/course', value: `c${at}` }],
          status: 'on-hold',
          intent: 'plan',
          subject: { reference: `Patient/p${at}` },
          author: { reference: 'Practitioner/therapist' },
        };
        await inside.create(carePlan, { id: `c${at}` });
      }
    });
  }
}

const tasksIn = ({ store }: OpenedStore): Promise<readonly Task[]> =>
  findResources(store, 'Task', [byToken('code', { code: 'long-pause' })]);

const runIn = async ({ jobRuns }: OpenedStore): Promise<JobRun | undefined> =>
  (await jobRuns.last()).find((run) => run.job === job);

async function killedInTheMiddle(open: Open, databaseUrl: string | undefined): Promise<void> {
  const past = await open(-100 * dayMs);
  await fill(past);
  await past.close();
  const start = () => startChild(folder, databaseUrl, { JOBS: 'on' });

  child = await start();
  const beside = await open(0);
  let before: readonly Task[] = [];
  for (let waited = 0; before.length < enough && waited < 6_000; waited += 1) {
    await pause(10);
    before = await tasksIn(beside);
  }
  await child.kill();
  before = await tasksIn(beside);
  expect(before.length).toBeGreaterThanOrEqual(enough);
  expect(before.length).toBeLessThan(courses);
  const cut = await runIn(beside);
  expect(cut).toMatchObject({ state: 'running', claim: 1, tries: 1, counts: {} });
  const slot = { job, slot: cut?.slot ?? '' };
  const ask = { owner: 'another', leaseMs: 1, mostTries: 5 };
  expect(await beside.jobRuns.claim(slot, ask)).toBeUndefined();

  // The lease runs out; here its end is brought forward to now, so that nobody has to wait for it.
  expect(cut?.heldUntilMs).toBeLessThanOrEqual((await beside.jobRuns.now()) + leaseMs);
  await beside.jobRuns.renew({ ...slot, claim: 1 }, 0);
  child = await start();
  for (let waited = 0; (await runIn(beside))?.state === 'running' && waited < 1_200; waited += 1) {
    await pause(100);
  }
  // The run before the AuditEvent may be read; in order, both are there when it has stopped.
  expect(await child.stop()).toBe(0);
  expect(await runIn(beside)).toMatchObject({
    slot: cut?.slot,
    state: 'done',
    claim: 2,
    tries: 2,
    counts: { people: courses, set: courses - before.length, takenBack: 0, failed: 0 },
  });
  const after = await tasksIn(beside);
  expect(after.length).toBe(courses);
  expect(new Set(after.map(({ for: person }) => person?.reference)).size).toBe(courses);
  const kept = new Set(after.map(({ id, meta }) => `${id} ${meta?.versionId}`));
  expect(before.every(({ id, meta }) => kept.has(`${id} ${meta?.versionId}`))).toBe(true);
  const events: readonly AuditEvent[] = await findResources(beside.store, 'AuditEvent', [
    byToken('subtype', { code: job }),
  ]);
  expect(events.map(({ outcome, entity }) => [outcome, entity?.[0]?.detail?.[1]?.valueString])).toEqual([
    ['0', '2'],
  ]);
  await beside.close();
}

it('on SQLite', async () => {
  const path = join(folder, 'alongside.sqlite');
  await killedInTheMiddle((aheadMs) => sqliteStore({ path, ...given(aheadMs) }), undefined);
}, 300_000);

it('on PostgreSQL', async () => {
  const url = await server.createDatabase();
  await killedInTheMiddle((aheadMs) => postgresStore({ url, ...given(aheadMs) }), url);
}, 300_000);
