// A bad month: the course is paused with a day to look at it again, somebody looks when it lasts, and it goes on with every date set anew.
import type { CarePlan, Task } from '@medplum/fhirtypes';
import { expectNoBlame, openTask, scoreChanges, sessionDays, verdicts } from './story-checks.ts';
import {
  agreed,
  answerPhq15,
  closeWithLetter,
  code,
  day,
  enroll,
  group,
  leaveOtherFormsOut,
  meet,
  moveTask,
  number,
  referAndAccept,
} from './story-steps.ts';
import { golden, type StoryWorld, saidBy, storyWorld } from './story-world.ts';

let world: StoryWorld;
beforeAll(async () => {
  world = await storyWorld({ start: '2026-11-30' });
});
afterAll(() => world.stop());

it('pauses without blame, is looked at after six weeks, and goes on to its end with all dates set anew', async () => {
  await answerPhq15(world, 14, 'before the referral');
  const { task, referral } = await referAndAccept(world, { from: '2027-01-04', to: '2027-01-22' });
  world.goTo('2027-01-04');
  const course = await enroll(world, referral, 6, day('start', '2027-01-11'));
  const plan = `/CarePlan/${course.id}`;
  const version = async () => (await world.ask('therapist', { method: 'GET', path: plan })).etag;

  world.goTo('2027-01-11');
  await meet(world, course, {
    session: 1,
    elements: [
      ['education', 20],
      ['body-oriented', 20],
    ],
    discovered: 'Breathing out helps',
    gas: -2,
  });
  await leaveOtherFormsOut(world);
  world.goTo('2027-01-18');
  await meet(world, course, {
    session: 2,
    elements: [
      ['cbt', 20],
      ['body-oriented', 20],
    ],
    discovered: 'Two bad nights show in the hips',
    gas: -2,
    homework: 'Ten minutes outside each day',
    confidence: 6,
  });

  // The flare: everything hurts, and nothing more is asked of her for now.
  world.goTo('2027-01-22');
  const seen = await version();
  const without = await world.operate(
    'therapist',
    'forgets to say until when',
    `${plan}/$pause`,
    agreed('symptoms-changed', 'A bad month'),
    { etag: seen, expected: 400 },
  );
  expect(saidBy(without)).toContain('the day (YYYY-MM-DD) on which the pause is looked at again');
  await world.operate(
    'therapist',
    'pauses the course with her for a month',
    `${plan}/$pause`,
    [day('until', '2027-02-22'), ...agreed('symptoms-changed', 'A flare; she wants to rest first')],
    { etag: seen },
  );
  const resting = await world.see('person');
  expect(resting).toMatchObject({ episode: ['onhold'], plan: ['on-hold'] });
  // Nothing that is hers is asked for now.
  expect(
    resting.openTasks.filter((line) => line.includes('Patient/anna') && !line.includes(': on-hold')),
  ).toEqual([]);
  const review = await openTask(world, 'therapist', 'next-step');
  expect([review.owner?.reference, review.restriction?.period?.end?.slice(0, 10)]).toEqual([
    'Practitioner/therapist',
    '2027-02-22',
  ]);
  const held = await world.operate(
    'therapist',
    'changes nothing while it is paused',
    `${plan}/$tailor`,
    [group('edit', code('kind', 'drop'), number('session', 6), ...agreed('practical', 'A try'))],
    {
      etag: await version(),
      expected: 422,
    },
  );
  expect(saidBy(held)).toContain('on-hold');

  await world.liveUntil('2027-03-04');
  expect(await world.runJob('look-at-long-pauses')).toMatchObject({ set: 0 });
  world.goTo('2027-03-05');
  expect(await world.runJob('look-at-long-pauses')).toMatchObject({ set: 1 });
  const long = await openTask(world, 'therapist', 'long-pause');
  expect(long.owner).toEqual({ reference: 'Practitioner/therapist' });

  world.goTo('2027-03-08');
  await world.operate(
    'therapist',
    'goes on with her a week later',
    `${plan}/$resume`,
    [day('from', '2027-03-15'), ...agreed('symptoms-changed', 'The flare has calmed down')],
    { etag: await version() },
  );
  // The third session was planned for 25 January: 49 days later, and the others keep their distance.
  expect(await sessionDays(world)).toEqual([
    '2027-01-11 First session: completed',
    '2027-01-18 Session 2: completed',
    '2027-03-15 Session 3: active',
    '2027-03-22 Session 4: active',
    '2027-04-05 Session 5: active',
    '2027-04-19 Session 6: active',
  ]);
  const phq = await world.find<Task>('/Task?patient=Patient/anna&code=questionnaire-due&status=requested');
  expect(phq.map(({ executionPeriod }) => executionPeriod?.start ?? 'no day').toSorted()).toEqual([
    '2027-03-22',
    '2027-04-19',
    '2027-07-19',
    '2028-04-19',
  ]);
  const homework = await openTask(world, 'patient', 'homework');
  await moveTask(world, 'patient', 'has tried it at home after all', homework, { status: 'completed' });
  await world.runJob('look-at-long-pauses');
  expect((await verdicts(world, course)).unexplained).toBe(0);

  for (const [index, on] of ['2027-03-15', '2027-03-22', '2027-04-05', '2027-04-19'].entries()) {
    await world.liveUntil(on);
    await meet(world, course, {
      session: index + 3,
      elements: [
        ['cbt', 20],
        ['body-oriented', 20],
      ],
      discovered: 'A flare passes',
      gas: index < 2 ? -1 : 0,
    });
    if (index === 1) await answerPhq15(world, 16, 'at session 4');
    if (index === 3) await answerPhq15(world, 11, 'at the end');
  }
  await closeWithLetter(world, task, 'Dear colleague, six sessions with a pause in a flare.', {
    status: 'completed',
  });
  const talk = await openTask(world, 'gp', 'next-step');
  expect(talk.owner).toEqual({ reference: 'Practitioner/gp' });

  expect(await scoreChanges(world)).toEqual(['2027-03-22 2', '2027-04-19 -3']);
  const [ended] = await world.find<CarePlan>('/CarePlan?subject=Patient/anna');
  expect(ended?.extension?.filter(({ url }) => url.endsWith('request-statusReason'))).toEqual([]);
  await expectNoBlame(world, course);
  golden('flare-and-pause', { steps: world.steps, end: await world.ending('therapist', [course.id]) });
});
