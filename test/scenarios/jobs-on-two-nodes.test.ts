// Scheduled jobs where several processes share one database: each slot of a job is carried out by one of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '@medplum/fhirtypes';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import type { JobTools } from '../../src/jobs/carry-out.ts';
import { jobRunner } from '../../src/jobs/runner.ts';
import { type ScheduledJob, schedule } from '../../src/jobs/schedule.ts';
import { type LocalTime, slotsBetween } from '../../src/jobs/slots.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { wallClock } from '../../src/runtime/wall-clock.ts';
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

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How many of fifty that ask at once, by turns on two processes, get it. */
async function winners(two: readonly [Runs, Runs], slot: string, leaseMs: number): Promise<number> {
  const asked = await Promise.all(
    Array.from({ length: 50 }, (_none, at) =>
      (at % 2 === 0 ? two[0] : two[1]).claim(
        { job: 'a-job', slot },
        { owner: `process ${at % 2}`, leaseMs, mostTries: 5 },
      ),
    ),
  );
  return asked.filter((run) => run !== undefined).length;
}

async function expectOneWinner(two: readonly [Runs, Runs]): Promise<void> {
  const slot = '2026-11-28T06:00';
  expect(await winners(two, slot, 3_000)).toBe(1);
  // Still held.
  expect(await winners(two, slot, 3_000)).toBe(0);
  await pause(3_000);
  // It fell silent: taken over, once. Begun five times without an end, it is begun no more.
  for (let again = 0; again < 4; again += 1) {
    expect(await winners(two, slot, 1_500)).toBe(1);
    await pause(1_500);
  }
  expect(await winners(two, slot, 1_500)).toBe(0);
  await pause(1_500);
  expect(await winners(two, slot, 1_500)).toBe(0);
  for (const other of ['2026-11-29T06:00', '2026-11-30T06:00']) {
    expect(await winners(two, other, 3_000)).toBe(1);
  }
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

const minuteMs = 60_000;

/** A node whose clock is off by so much. */
function skewed({ system }: RealNode, byMs: number, owner: string): JobTools {
  const clock: Clock = { now: () => new Date(Date.now() + byMs) };
  return {
    runs: system.jobRuns,
    contextFor: (actor, requestId) => system.contextFor(actor, requestId),
    clock,
    wall: wallClock('Europe/Amsterdam'),
    log: silentLog,
    owner,
    leaseMs: 60_000,
  };
}

describe('nodes whose clocks are minutes behind and an hour ahead', () => {
  /** Every minute of the day a slot. */
  const times = Array.from({ length: 24 * 60 }, (_none, at): LocalTime => {
    const [hour, minute] = [Math.floor(at / 60), at % 60].map((part) => String(part).padStart(2, '0'));
    return `${hour}:${minute}` as LocalTime;
  });
  const tools = () => [skewed(nodes[0], -7 * minuteMs, 'behind'), skewed(nodes[1], 60 * minuteMs, 'ahead')];

  it('carry each slot out once, on the day and at the time of their database', async () => {
    const seen: string[] = [];
    /** How far the clock of the database has moved on, so that no test waits for it. */
    let passedMs = 0;
    const job: ScheduledJob = {
      name: 'each-minute',
      display: 'Each minute',
      times,
      work: {
        effect: 'escalate-stale-referrals',
        searches: ['Task'],
        people({ context, today }) {
          const offMs = Math.abs(context.clock.now().getTime() - Date.now() - passedMs);
          seen.push(`${today} ${offMs < 20_000 ? 'in step' : `off by ${offMs} ms`}`);
          return Promise.resolve(new Set());
        },
        forPerson: () => Promise.resolve(),
      },
    };
    const wall = wallClock('Europe/Amsterdam');
    const startMs = Date.now();
    const runners = tools().map((each) => {
      const now = async () => (await each.runs.now()) + passedMs;
      return jobRunner({ ...each, runs: { ...each.runs, now } }, [job]);
    });
    for (; passedMs < 4 * minuteMs; passedMs += minuteMs) {
      await Promise.all(runners.map((runner) => runner.tick()));
      await Promise.all(runners.map((runner) => runner.tick()));
    }
    const last = (await nodes[0].system.jobRuns.last()).find((run) => run.job === job.name);
    const slots = slotsBetween(wall, times, startMs - 10 * minuteMs, Date.now() + 10 * minuteMs);
    const from = slots.findIndex(({ name }) => name === wall.shown(startMs));
    const to = slots.findIndex(({ name }) => name === last?.slot);
    expect(to - from).toBeGreaterThan(1);
    expect(seen).toEqual(slots.slice(from, to + 1).map(({ name }) => `${name.slice(0, 10)} in step`));
    expect(last).toMatchObject({ state: 'done', tries: 1, claim: 1 });
  }, 120_000);

  it('leave a slot to whoever is at it, and take it over when that one has fallen silent', async () => {
    const [behind, ahead] = tools();
    if (!behind || !ahead) throw new Error('two nodes');
    for (const [slot, holder, other] of [
      ['held behind', behind, ahead],
      ['held ahead', ahead, behind],
    ] as const) {
      const ask = (leaseMs: number) => ({ owner: other.owner, leaseMs, mostTries: 5 });
      const asked = { job: 'long-job', slot };
      const run = await holder.runs.claim(asked, { owner: holder.owner, leaseMs: 2_000, mostTries: 5 });
      if (!run) throw new Error('not claimed');
      expect(await other.runs.claim(asked, ask(60_000))).toBeUndefined();
      await pause(1_500);
      expect(await holder.runs.renew(run, 2_000)).toBe(true);
      await pause(1_500);
      // Without the sign of life it would be free by now.
      expect(await other.runs.claim(asked, ask(60_000))).toBeUndefined();
      await pause(1_000);
      expect(await other.runs.claim(asked, ask(60_000))).toMatchObject({ claim: 2, tries: 2 });
      expect(await holder.runs.renew(run, 2_000)).toBe(false);
    }
  }, 60_000);
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
  const known = new Set(schedule.map(({ name }) => name));
  const runs = (await node.system.jobRuns.last()).filter(({ job }) => known.has(job));
  expect(runs.map(({ job, state, tries, claim }) => [job, state, tries, claim].join(' '))).toEqual(
    schedule.map(({ name }) => `${name} done 1 1`).toSorted(),
  );
  for (const { name } of schedule) {
    expect((await ask(`/AuditEvent?_total=accurate&subtype=${name}`)).total).toBe(1);
  }
});
