// Whatever is done to a referral and its course, legal or not, in whatever order: what the model says happens, what it refuses is refused
// and changes nothing, and nobody is left without a next step. MODEL_RUNS and MODEL_SEED choose how many runs and
// which; `npm run model` makes 500.
import { env } from 'node:process';
import type { CarePlan, Task } from '@medplum/fhirtypes';
import fc from 'fast-check';
import { type CourseWorld, courseWorld, validator } from '../unit/workflows/course-world.ts';
import {
  carryOut,
  nextOf,
  type Outcome,
  type PersonRecord,
  recordOf,
  sessionsOf,
} from './random-moves/course-driver.ts';
import {
  after,
  isAbout,
  isOpenSession,
  isOpenTask,
  type Model,
  type Move,
} from './random-moves/course-model.ts';
import { keepFailing, keptMoves, moves } from './random-moves/random-moves.ts';

const runs = Number(env['MODEL_RUNS'] ?? 100);
const seed = Number(env['MODEL_SEED'] ?? 20_261_128);
const movesInARun = 50;
const kept = 'test/scenarios/random-moves/kept';

let world: CourseWorld;
let person = 0;
const counts = { done: 0, refused: 0, about: 0 };
beforeAll(async () => {
  world = await courseWorld();
});
afterAll(() => world.close());

async function newPerson(): Promise<string> {
  person += 1;
  world.setClock('2026-11-20T09:00:00.000Z');
  const id = `person-${person}`;
  await world.store.create(
    { resourceType: 'Patient', generalPractitioner: [{ reference: 'Practitioner/gp' }] },
    { id },
  );
  return id;
}

async function play(all: readonly Move[]): Promise<void> {
  const patient = await newPerson();
  let model: Model = {};
  let record = await recordOf(world, patient);
  for (const [at, move] of all.entries()) {
    const step = `move ${at + 1}, ${JSON.stringify(move)}`;
    if (!isAbout(model, move)) continue;
    const expected = after(model, move);
    const outcome = await carryOut(world, patient, move, record, at + 1);
    const next = await recordOf(world, patient);
    assertOutcome(step, expected, outcome, record, next);
    model = expected ?? model;
    record = next;
    assertAgrees(step, model, record);
    await assertKept(step, record);
    counts[outcome.kind] += 1;
  }
  assertValid(record);
}

function assertOutcome(
  step: string,
  expected: Model | undefined,
  outcome: Outcome,
  before: PersonRecord,
  next: PersonRecord,
): void {
  expect([step, outcome]).toMatchObject([step, { kind: expected ? 'done' : 'refused' }]);
  if (outcome.kind === 'refused') {
    expect([step, [400, 403, 404, 409, 412, 422, 428]]).toEqual([
      step,
      expect.arrayContaining([outcome.status]),
    ]);
    expect([step, next.versions]).toEqual([step, before.versions]);
  }
}

/** The record says what the model says. */
function assertAgrees(step: string, { referral, course }: Model, record: PersonRecord): void {
  const request = record.referrals.at(-1);
  const tasks = record.coordination.filter(
    ({ focus }) => focus?.reference === `ServiceRequest/${request?.id}`,
  );
  const episode = record.episodes.findLast(({ referralRequest }) =>
    referralRequest?.some(({ reference }) => reference === `ServiceRequest/${request?.id}`),
  );
  const plan = record.carePlans.at(-1);
  const team = record.teams.find(({ id }) => plan?.careTeam?.[0]?.reference === `CareTeam/${id}`);
  const own = record.episodes.find(
    ({ id, referralRequest }) => !referralRequest && planFor(plan) === `EpisodeOfCare/${id}`,
  );
  const goal = record.goals.find(({ id }) => plan?.goal?.some(({ reference }) => reference === `Goal/${id}`));
  expect([
    step,
    {
      request: request?.status,
      tasks: Object.fromEntries(tasks.map((task) => [ownerOf(task), task.status])),
      episode: episode?.status,
      plan: plan?.status,
      sessions: sessionsOf(plan, record).map(({ status }) => status),
      goal: goal?.lifecycleStatus,
      team: team?.status,
      ownEpisode: own?.status,
    },
  ]).toEqual([
    step,
    {
      request: referral?.request,
      tasks: referral?.tasks ?? {},
      episode: referral?.episode,
      plan: course?.plan,
      sessions: course?.sessions ?? [],
      goal: course?.goal,
      team: course?.team,
      ownEpisode: course?.ownEpisode,
    },
  ]);
}

const planFor = (plan: CarePlan | undefined): string | undefined =>
  plan?.extension?.find(({ url }) => url.endsWith('/cpg-planFor'))?.valueReference?.reference;

const ownerOf = (task: Task): string => task.owner?.reference?.replace('Practitioner/', '') ?? '';

/** What must hold in any state. */
async function assertKept(step: string, record: PersonRecord): Promise<void> {
  const running = record.carePlans.filter(({ status }) => ['draft', 'active', 'on-hold'].includes(status));
  expect([step, 'running courses', running.length <= 1]).toEqual([step, 'running courses', true]);
  for (const plan of record.carePlans) {
    const sessions = sessionsOf(plan, record);
    const isEnded = ['completed', 'revoked', 'entered-in-error'].includes(plan.status);
    const ahead = isEnded ? sessions.filter(({ status }) => isOpenSession(status)) : [];
    expect([step, 'sessions ahead of an ended course', ahead.map(({ id }) => id)]).toEqual([
      step,
      'sessions ahead of an ended course',
      [],
    ]);
    const held = sessions.filter(({ status }) => status === 'completed').map(({ id }) => id);
    const met = record.encounters.flatMap(
      ({ basedOn }) => basedOn?.[0]?.reference?.replace('ServiceRequest/', '') ?? [],
    );
    expect([
      step,
      'each session that was held has one meeting',
      held.every((id) => met.filter((one) => one === id).length === 1),
    ]).toEqual([step, 'each session that was held has one meeting', true]);
    const homework = record.homework.filter(
      (task) => isEnded && isOpenTask(task.status) && task.basedOn?.[0]?.reference === `CarePlan/${plan.id}`,
    );
    expect([step, 'still to be tried after the course', homework.map(({ id }) => id)]).toEqual([
      step,
      'still to be tried after the course',
      [],
    ]);
    const next = await nextOf(world, plan);
    expect([step, 'next', Boolean(next.text), Boolean(next.owner)]).toEqual([step, 'next', true, true]);
  }
  assertNoDeadEnd(step, record);
}

/** A referral that nobody works on any more has left somebody a next step. */
function assertNoDeadEnd(step: string, { referrals, coordination, nextSteps }: PersonRecord): void {
  for (const referral of referrals) {
    const about = `ServiceRequest/${referral.id}`;
    const tasks = coordination.filter(({ focus }) => focus?.reference === about);
    if (tasks.some(({ status }) => isOpenTask(status))) continue;
    const owned = nextSteps.filter(({ focus, owner }) => focus?.reference === about && owner?.reference);
    expect([step, about, 'somebody has the next step', owned.length > 0]).toEqual([
      step,
      about,
      'somebody has the next step',
      true,
    ]);
  }
}

function assertValid({ all }: PersonRecord): void {
  const faults = all.flatMap((resource) =>
    validator
      .validate(resource)
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .map(({ diagnostics }) => `${resource.resourceType}: ${diagnostics}`),
  );
  expect(faults).toEqual([]);
}

describe('random moves', () => {
  // Each of them failed once.
  for (const { name, found, moves: again } of keptMoves(kept)) {
    it(`${name}: ${found}`, () => play(again));
  }

  it(`do in ${runs} runs of ${movesInARun} what the model says, and break nothing`, async () => {
    const details = await fc.check(fc.asyncProperty(moves(movesInARun), play), {
      numRuns: runs,
      seed,
      endOnFailure: true,
    });
    await keepFailing(kept, details, play);
    process.stdout.write(`${runs} runs: ${counts.done} moves done, ${counts.refused} refused\n`);
    expect(Math.min(counts.done, counts.refused)).toBeGreaterThan(runs);
  }, 3_600_000);
});
