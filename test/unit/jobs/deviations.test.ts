// What nobody has explained of a course is kept by a job, once, and closed by the job when the explanation is there.
import { enroll, integer } from '../workflows/course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn } from '../workflows/course-world.ts';
import { runOn } from './job-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const look = (day: string) => runOn(world, 'record-deviations', day);
const issues = async () =>
  (await world.all('DetectedIssue')).map(({ code, implicated, mitigation }) => [
    code?.coding?.[0]?.code,
    implicated?.[0]?.reference,
    mitigation?.[0]?.action.text,
  ]);

async function change(type: 'CarePlan' | 'ServiceRequest', id: string, parts: object): Promise<void> {
  const read = await world.store.read(type, id);
  if (read.kind !== 'found') throw new Error(`no ${type}/${id}`);
  await world.store.update({ ...read.version.resource(), ...parts, id } as never);
}

it('a session without a record becomes one DetectedIssue, however often it is looked at', async () => {
  await enroll(world, integer('sessions', 6));
  expect(await look('2026-12-04')).toMatchObject({ outcome: 'done', people: 1, set: 0, failed: 0 });
  expect(await look('2026-12-05')).toMatchObject({ outcome: 'done', people: 1, set: 1, failed: 0 });
  expect(await look('2026-12-05')).toMatchObject({ set: 0, takenBack: 0, failed: 0 });
  expect(await look('2026-12-06')).toMatchObject({ set: 0, takenBack: 0, failed: 0 });
  const [first] = (await world.all('ServiceRequest')).filter(({ code }) =>
    code?.coding?.some((coding) => coding.code === 'therapy-session'),
  );
  expect(await issues()).toEqual([['session-not-recorded', `ServiceRequest/${first?.id}`, undefined]]);
  expect(await errorsIn(world, ['DetectedIssue'])).toEqual([]);
});

it('it is closed by the job when the session has another date, and not opened again', async () => {
  await enroll(world, integer('sessions', 6));
  await look('2026-12-05');
  const [[, session = ''] = []] = await issues();
  // As another system moves it, without a word to this one.
  await change('ServiceRequest', session.replace('ServiceRequest/', ''), {
    occurrenceDateTime: '2026-12-11',
  });
  expect(await look('2026-12-06')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
  expect(await issues()).toEqual([['session-not-recorded', session, 'The plan has been changed']]);
  expect(await look('2026-12-07')).toMatchObject({ set: 0, takenBack: 0, failed: 0 });
  expect(await errorsIn(world, ['DetectedIssue'])).toEqual([]);
});

it('it stays open when the course pauses or ends: that explains nothing', async () => {
  const { carePlan } = await enroll(world, integer('sessions', 6));
  await look('2026-12-05');
  for (const [day, status] of [
    ['2026-12-06', 'on-hold'],
    ['2026-12-07', 'revoked'],
  ] as const) {
    await change('CarePlan', carePlan.id ?? '', { status });
    expect(await look(day)).toMatchObject({ people: 1, set: 0, takenBack: 0, failed: 0 });
  }
  expect((await issues()).map(([, , explained]) => explained)).toEqual([undefined]);
});
