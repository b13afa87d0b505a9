// The runner: what is due runs once, a failure is tried again a bounded number of times, a dead node is replaced once, a stop is in order.
import { mostTries } from '../../../src/jobs/carry-out.ts';
import { jobRunner } from '../../../src/jobs/runner.ts';
import type { ScheduledJob } from '../../../src/jobs/schedule.ts';
import type { JobWork, PersonAtHand } from '../../../src/workflows/watch/watch-round.ts';
import { type CourseWorld, courseWorld } from '../workflows/course-world.ts';
import { keptLog, toolsOf } from './job-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld({ hasScore: false });
});
afterEach(() => world.close());

const jobOf = (
  people: readonly string[],
  forPerson: (person: PersonAtHand) => Promise<void>,
  times: ScheduledJob['times'] = ['06:00'],
): ScheduledJob => {
  const work: JobWork = {
    effect: 'escalate-stale-referrals',
    searches: ['Task'],
    people: () => Promise.resolve(new Set(people)),
    forPerson,
  };
  return { name: 'escalate-stale-referrals', display: 'Referrals that wait for an answer', times, work };
};

const stateOf = async () => {
  const [run] = await world.jobRuns.last();
  return run && { slot: run.slot, state: run.state, tries: run.tries, claim: run.claim };
};

it('runs the newest slot that was missed at the first tick, and nothing again until the next one', async () => {
  const seen: string[] = [];
  const job = jobOf(['anna'], ({ today }) => Promise.resolve(void seen.push(today)));
  const runner = jobRunner(toolsOf(world, keptLog()), [job]);
  world.setClock('2026-11-28T04:59:00Z');
  await runner.tick();
  await runner.tick();
  expect(seen).toEqual(['2026-11-28']);
  expect(await stateOf()).toEqual({ slot: '2026-11-27T06:00', state: 'done', tries: 1, claim: 1 });
  world.setClock('2026-11-28T05:00:00Z');
  await runner.tick();
  await runner.tick();
  expect(seen.length).toBe(2);
  // Four days without the service: one run, of the newest slot.
  world.setClock('2026-12-02T12:00:00Z');
  await runner.tick();
  await runner.tick();
  expect(seen.length).toBe(3);
  expect((await stateOf())?.slot).toBe('2026-12-02T06:00');
});

it('tries a slot again that failed, later each time, and parks it after five tries', async () => {
  const log = keptLog();
  let tries = 0;
  const job = jobOf(['anna'], () => {
    tries += 1;
    return Promise.reject(new TypeError('not for the log'));
  });
  const runner = jobRunner(toolsOf(world, log), [job]);
  let minutes = 0;
  for (; minutes < 300; minutes += 1) {
    world.setClock(new Date(Date.parse('2026-11-28T06:00:00Z') + minutes * 60_000).toISOString());
    await runner.tick();
    if (minutes === 4) expect(tries).toBe(1);
    if (minutes === 7) expect(tries).toBe(2);
  }
  expect(tries).toBe(mostTries);
  expect(await stateOf()).toEqual({ slot: '2026-11-28T06:00', state: 'parked', tries: 5, claim: 5 });
  expect(JSON.stringify(log.lines)).not.toContain('not for the log');
  expect((await world.all('AuditEvent')).map(({ outcome }) => outcome)).toEqual(['4', '4', '4', '4', '4']);
  // The next day is a new chance.
  world.setClock('2026-11-29T06:00:00Z');
  await runner.tick();
  expect(tries).toBe(mostTries + 1);
});

it('takes over once from a node that fell silent, whose own end then counts for nothing', async () => {
  const slot = { job: 'escalate-stale-referrals', slot: '2026-11-28T06:00' };
  world.setClock('2026-11-28T06:00:00Z');
  const dead = await world.jobRuns.claim(slot, { owner: 'dead', leaseMs: 60_000, mostTries });
  if (!dead) throw new Error('not claimed');
  let runs = 0;
  const job = jobOf(['anna'], () => {
    runs += 1;
    return Promise.resolve();
  });
  const [one, other] = ['one', 'other'].map((owner) => jobRunner(toolsOf(world, keptLog(), owner), [job]));
  world.setClock('2026-11-28T06:00:30Z');
  await Promise.all([one?.tick(), other?.tick()]);
  expect(runs).toBe(0);
  world.setClock('2026-11-28T06:01:30Z');
  await Promise.all([one?.tick(), other?.tick(), one?.tick()]);
  expect(runs).toBe(1);
  expect(await stateOf()).toEqual({ slot: slot.slot, state: 'done', tries: 2, claim: 2 });
  expect(await world.jobRuns.renew(dead, 600_000)).toBe(false);
  const end = { state: 'parked', tries: 1, pauseMs: 0, counts: {} } as const;
  expect(await world.jobRuns.end(dead, end)).toBe(false);
  expect((await stateOf())?.state).toBe('done');
});

it('looks the person at hand through when it is stopped, and leaves the rest to the next one at once', async () => {
  const seen: string[] = [];
  const tools = toolsOf(world, keptLog());
  let stopped: Promise<void> | undefined;
  const first = jobRunner(tools, [
    jobOf(['anna', 'bert'], async ({ patient }) => {
      stopped ??= first.stop();
      await Promise.resolve();
      seen.push(`first ${patient.id}`);
    }),
  ]);
  world.setClock('2026-11-28T06:00:00Z');
  await first.tick();
  await stopped;
  expect(seen).toEqual(['first anna']);
  expect(await stateOf()).toEqual({ slot: '2026-11-28T06:00', state: 'waiting', tries: 0, claim: 1 });
  await first.tick();
  expect(seen).toEqual(['first anna']);
  const second = jobRunner({ ...tools, owner: 'b' }, [
    jobOf(['anna', 'bert'], ({ patient }) => Promise.resolve(void seen.push(`second ${patient.id}`))),
  ]);
  await second.tick();
  expect(seen).toEqual(['first anna', 'second anna', 'second bert']);
  expect(await stateOf()).toEqual({ slot: '2026-11-28T06:00', state: 'done', tries: 1, claim: 2 });
});

it('can do for a person only what its row of rights allows', async () => {
  const log = keptLog();
  const job = jobOf(['anna'], async ({ context }) => {
    await context.store.create({ resourceType: 'Observation', status: 'final', code: { text: 'x' } });
  });
  world.setClock('2026-11-28T06:00:00Z');
  await jobRunner(toolsOf(world, log), [job]).tick();
  expect(await world.all('Observation')).toEqual([]);
  expect(log.lines[0]).toMatchObject({ message: 'job could not deal with a record', patient: 'anna' });
});
