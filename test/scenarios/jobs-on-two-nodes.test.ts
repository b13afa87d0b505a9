// Scheduled jobs where several processes share one database: each slot of a job is carried out by one of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '@medplum/fhirtypes';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import type { JobTools } from '../../src/jobs/carry-out.ts';
import { jobRunner } from '../../src/jobs/runner.ts';
import { schedule } from '../../src/jobs/schedule.ts';
import { wallClock } from '../../src/jobs/slots.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { readSearchParameters } from '../../src/store/read-search-parameters.ts';
import { sqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { type RealNode, startNode } from '../support/real-node.ts';

let server: PostgresServer;
let nodes: readonly [RealNode, RealNode];
const folder = mkdtempSync(join(tmpdir(), 'alongside-jobs-'));

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
  const databaseUrl = await server.createDatabase();
  nodes = await Promise.all([startNode(databaseUrl), startNode(databaseUrl)]);
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

type Runs = JobTools['runs'];

/** How many of fifty that ask at once, by turns on two processes, get it. */
async function winners(two: readonly [Runs, Runs], slot: string, nowMs: number): Promise<number> {
  const asked = await Promise.all(
    Array.from({ length: 50 }, (_none, at) =>
      (at % 2 === 0 ? two[0] : two[1]).claim(
        { job: 'a-job', slot },
        { owner: `process ${at % 2}`, nowMs, untilMs: nowMs + 1_000, mostTries: 5 },
      ),
    ),
  );
  return asked.filter((run) => run !== undefined).length;
}

async function expectOneWinner(two: readonly [Runs, Runs]): Promise<void> {
  for (const slot of ['2026-11-28T06:00', '2026-11-29T06:00', '2026-11-30T06:00']) {
    expect(await winners(two, slot, 1_000_000)).toBe(1);
    // Still held.
    expect(await winners(two, slot, 1_000_999)).toBe(0);
    // It fell silent: taken over, once.
    expect(await winners(two, slot, 1_001_000)).toBe(1);
  }
  // Begun five times without an end, it is begun no more.
  for (const nowMs of [1_002_000, 1_003_000, 1_004_000]) {
    expect(await winners(two, '2026-11-28T06:00', nowMs)).toBe(1);
  }
  expect(await winners(two, '2026-11-28T06:00', 1_005_000)).toBe(0);
  expect(await winners(two, '2026-11-28T06:00', 9_999_000)).toBe(0);
}

it('gives each slot to one of fifty that ask at once on two nodes with one PostgreSQL', async () => {
  await expectOneWinner([nodes[0].system.jobRuns, nodes[1].system.jobRuns]);
});

it('does so where two processes have one SQLite file open', async () => {
  const given = { clock: systemClock, newId: () => 'unused', ...readSearchParameters('fhir-profiles/base') };
  const path = join(folder, 'alongside.sqlite');
  const stores = [sqliteStore({ path, ...given }), sqliteStore({ path, ...given })] as const;
  await expectOneWinner([stores[0].jobRuns, stores[1].jobRuns]);
  await Promise.all(stores.map((store) => store.close()));
});

it('sets each Task once when two nodes tick at the same moments, and says who ran what', async () => {
  const [node] = nodes;
  const { store } = node.system.contextFor({ role: 'system', scopes: [], tokenId: 'test' }, 'test');
  const sentAt = new Date(Date.now() - 20 * 86_400_000).toISOString();
  for (let person = 0; person < 20; person += 1) {
    await store.create({ resourceType: 'Patient' }, { id: `p${person}` });
    const waiting: Task = {
      resourceType: 'Task',
      status: 'requested',
      intent: 'order',
      code: { coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'referral' }] },
      for: { reference: `Patient/p${person}` },
      authoredOn: sentAt,
      requester: { reference: 'Practitioner/gp' },
      owner: { reference: 'Practitioner/therapist' },
    };
    await store.create(waiting, { id: `waiting-${person}` });
  }
  const runners = nodes.map(({ system }, at) =>
    jobRunner(
      {
        runs: system.jobRuns,
        contextFor: (actor, requestId) => system.contextFor(actor, requestId),
        clock: systemClock,
        wall: wallClock('Europe/Amsterdam'),
        log: silentLog,
        owner: `node ${at}`,
        leaseMs: 60_000,
      },
      schedule,
    ),
  );
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(runners.map((runner) => runner.tick()));
  }
  const ask = async (path: string) =>
    (
      await fetch(`${node.base}${path}`, {
        headers: { Authorization: (await node.makeToken('system')).bearer },
      })
    ).json() as Promise<{ total: number }>;
  const code = 'https://w3id.org/alongside/fhir/CodeSystem/course-watch|referral-waiting';
  expect((await ask(`/Task?code=${encodeURIComponent(code)}&_total=accurate`)).total).toBe(20);
  const runs = (await node.system.jobRuns.last()).filter(({ job }) => job !== 'a-job');
  expect(runs.map(({ job, state, tries, claim }) => [job, state, tries, claim].join(' '))).toEqual(
    schedule.map(({ name }) => `${name} done 1 1`).toSorted(),
  );
  expect((await ask('/AuditEvent?_total=accurate')).total).toBe(schedule.length);
});
