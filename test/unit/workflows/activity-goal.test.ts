// A goal that is an activity of the person's own: rated in sessions, judged by rule alone, shown with the published threshold.
import type { CarePlan, Goal, Parameters, ParametersParameter } from '@medplum/fhirtypes';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { carePlanSessionCorrect } from '../../../src/rest/operations/care-plan-session-correct.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, enroll, group, integer, planVersion, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let walk: string;
let read: string;
beforeEach(async () => {
  world = await courseWorld();
  const begun = await enroll(
    world,
    group('goal', string('text', 'Walk to the lake'), integer('activityTarget', 8)),
    group('goal', string('text', 'Read a book')),
  );
  carePlan = begun.carePlan;
  [walk = '', read = ''] = (carePlan.goal ?? []).map((each) => each.reference ?? '');
});
afterEach(() => world.close());

const rated = (goal: string, ...parts: ParametersParameter[]) =>
  group('goalProgress', reference('goal', goal), ...parts);
async function session(number: number, day: string, ...progress: ParametersParameter[]) {
  world.setClock(`${day}T16:00:00Z`);
  await complete(world, carePlan, [
    integer('session', number),
    { name: 'start', valueDateTime: `${day}T10:00:00Z` },
    integer('minutes', 45),
    ...progress,
  ]);
}
const goalNow = async () => (await world.all('Goal')).find(({ id }) => `Goal/${id}` === walk);
const achievement = async () => (await goalNow())?.achievementStatus?.coding?.[0]?.code;

it('follows its ratings by rule, and its change is shown with threshold and source', async () => {
  await session(1, '2026-11-20', rated(walk, integer('activity', 2)), rated(read, integer('gas', -1)));
  expect(await achievement()).toBe('in-progress');
  await session(2, '2026-11-27', rated(walk, integer('activity', 5), string('note', 'To the bench')));
  expect(await achievement()).toBe('improving');
  const { resource } = await world.call(carePlanCourse, 'patient', carePlan.id ?? '', []);
  const goals = ((resource as Parameters).parameter ?? []).filter(({ name }) => name === 'goal');
  const valuesOf = (parts: readonly ParametersParameter[] | undefined, name: string) =>
    (parts ?? [])
      .filter((each) => each.name === name)
      .map(({ part = [] }) =>
        part
          .filter((each) => each.name !== 'source' && each.name !== 'date' && each.name !== 'citation')
          .map((each) => [
            each.name,
            each.valueInteger ?? each.valueDecimal ?? each.valueString ?? each.valueCode ?? each.valueBoolean,
          ]),
      );
  expect(valuesOf(goals[0]?.part, 'progress')).toEqual([
    [['activity', 2]],
    [
      ['activity', 5],
      ['note', 'To the bench'],
    ],
  ]);
  expect(valuesOf(goals[0]?.part, 'activityChange')).toEqual([
    [
      ['difference', 3],
      ['threshold', 'published'],
      ['minimumDifference', 3],
      ['isThresholdReached', true],
    ],
  ]);
  expect(valuesOf(goals[1]?.part, 'progress')).toEqual([[['gas', -1]]]);
  const tScores = ((resource as Parameters).parameter ?? []).filter(({ name }) => name === 'goalAttainment');
  expect(tScores.map(({ part }) => part?.[1]?.valueInteger)).toEqual([1]);
  await session(3, '2026-12-04', rated(walk, integer('activity', 8)));
  expect(await achievement()).toBe('achieved');
  expect(await errorsIn(world, ['Goal', 'Observation'])).toEqual([]);
});

async function correct(number: number, recordVersion: string, ...parts: ParametersParameter[]) {
  const id = carePlan.id ?? '';
  await world.call(
    carePlanSessionCorrect,
    'therapist',
    id,
    [
      integer('session', number),
      string('recordVersion', recordVersion),
      string('reason', 'Another number was said'),
      ...parts,
    ],
    undefined,
    await planVersion(world, id),
  );
}
const ratings = async () =>
  (await world.all('Observation'))
    .filter(({ focus }) => focus?.[0]?.reference === walk)
    .toSorted((left, right) => (left.valueInteger ?? 0) - (right.valueInteger ?? 0))
    .map(({ status, valueInteger, meta }) => `${status} ${valueInteger} v${meta?.versionId}`);

it('is corrected with its session: the rating stays unless it is said anew, and what follows is judged again', async () => {
  await session(1, '2026-11-20', rated(walk, integer('activity', 2)));
  await session(2, '2026-11-27', rated(walk, integer('activity', 5)));
  await correct(2, '1', string('discovered', 'To the bench'));
  expect(await ratings()).toEqual(['final 2 v1', 'final 5 v1']);
  expect(await achievement()).toBe('improving');
  await correct(1, '1', rated(walk, integer('activity', 4)));
  expect(await ratings()).toEqual(['corrected 4 v2', 'final 5 v1']);
  expect(await achievement()).toBe('in-progress');
  await correct(2, '2', { name: 'clear', valueCode: 'goalProgress' });
  expect(await ratings()).toEqual(['corrected 4 v2', 'entered-in-error 5 v2']);
  expect((await goalNow())?.outcomeReference).toHaveLength(1);
  await correct(1, '2', { name: 'neverHeld', valueBoolean: true });
  expect(await ratings()).toEqual(['entered-in-error 4 v3', 'entered-in-error 5 v2']);
  expect(await achievement()).toBeUndefined();
  expect(await errorsIn(world, ['Goal', 'Observation'])).toEqual([]);
});

it('is never typed by hand', async () => {
  const goal = await goalNow();
  if (!goal) throw new Error('no goal');
  const typed: Goal = { ...goal, achievementStatus: { text: 'Achieved' } };
  const { status, outcome } = await refusalOf(
    updateResource(world.contextOf('therapist'), typed, { mayCreate: false }),
  );
  expect([status, outcome.issue?.[0]?.diagnostics]).toEqual([
    422,
    'achievementStatus follows from the scores: record them with POST CarePlan/[id]/$session-complete',
  ]);
});

it.each<[string, () => ParametersParameter, string]>([
  [
    'a rating beyond the scale',
    () => rated(walk, integer('activity', 11)),
    'an activity is rated with a whole number from 0 (cannot do it) to 10 (can do it as before), not 11',
  ],
  [
    'half a point',
    () => rated(walk, { name: 'activity', valueDecimal: 2.5 }),
    'an activity is rated with a whole number from 0 (cannot do it) to 10 (can do it as before), not 2.5',
  ],
  [
    'a level for an activity',
    () => rated(walk, integer('gas', 0)),
    'WALK is an activity: its rating is sent as "activity", not as "gas"',
  ],
  [
    'a rating of a goal that is none',
    () => rated(read, integer('activity', 3)),
    'READ is no activity that is rated: its level is sent as "gas"',
  ],
  [
    'both',
    () => rated(walk, integer('activity', 3), integer('gas', 0)),
    'WALK is followed in one way: send "activity" or "gas"',
  ],
])('refuses %s', async (_name, progress, message) => {
  const { status, outcome } = await refusalOf(session(1, '2026-11-20', progress()));
  expect([status, outcome.issue?.[0]?.diagnostics]).toEqual([
    422,
    message.replace('WALK', walk).replace('READ', read),
  ]);
  expect(await world.all('Encounter')).toEqual([]);
});

it('is agreed with a rating of the scale, and without levels', async () => {
  const asked = (...parts: ParametersParameter[]) => {
    const goal = group('goal', string('text', 'Swim'), integer('activityTarget', 8), ...parts);
    return goal;
  };
  const other = await courseWorld();
  const beyond = await refusalOf(
    enroll(other, group('goal', string('text', 'Swim'), integer('activityTarget', 12))),
  );
  expect([beyond.status, beyond.outcome.issue?.[0]?.diagnostics]).toEqual([
    422,
    'an activity is rated with a whole number from 0 (cannot do it) to 10 (can do it as before), not 12',
  ]);
  await other.close();
  const another = await courseWorld();
  const both = await refusalOf(
    enroll(another, asked(group('level', integer('value', 0), string('text', 'Ten lengths')))),
  );
  expect([both.status, both.outcome.issue?.[0]?.diagnostics]).toEqual([
    422,
    'a goal is followed in one way: send "activityTarget" or "level"',
  ]);
  await another.close();
});
