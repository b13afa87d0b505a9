// A straight course: referred with preparation, taken on with a promise, eight sessions, a letter, and two contacts in the year after it.
import type { Communication } from '@medplum/fhirtypes';
import { expectNoBlame, openTask, scoreChanges, verdicts } from './story-checks.ts';
import {
  answerPhq15,
  closeWithLetter,
  enroll,
  leaveOtherFormsOut,
  meet,
  moveTask,
  referAndAccept,
} from './story-steps.ts';
import { golden, type StoryWorld, storyWorld } from './story-world.ts';

let world: StoryWorld;
beforeAll(async () => {
  world = await storyWorld({ start: '2026-11-30' });
});
afterAll(() => world.stop());

/** Eight sessions on the days of the protocol from the eleventh of January. */
const meetings = [
  { on: '2027-01-11', gas: -2, discovered: 'Breathing out slowly makes the shoulders drop' },
  { on: '2027-01-18', gas: -2, discovered: 'Busy days show in the hips the day after' },
  { on: '2027-01-25', gas: -1, discovered: 'A rest before a walk leaves something for the evening' },
  { on: '2027-02-01', gas: -1, discovered: 'Asking for help at home is possible' },
  { on: '2027-02-15', gas: -1, discovered: 'Tension is there before the pain' },
  { on: '2027-03-01', gas: 0, discovered: 'Two short walks are better than a long one' },
  { on: '2027-03-15', gas: 0, discovered: 'A bad day does not undo a good week' },
  { on: '2027-03-29', gas: 1, discovered: 'I know what to do when it flares' },
];

/** Three and twelve months after the end. */
const contacts = [
  { dayBefore: '2027-06-28', on: '2027-06-29', total: 10 },
  { dayBefore: '2028-03-28', on: '2028-03-29', total: 8 },
];

it('goes from the referral to the contacts at three and twelve months, with a next step and its owner at each point', async () => {
  await answerPhq15(world, 15, 'before the referral');
  const { task, referral } = await referAndAccept(world, { from: '2027-01-04', to: '2027-01-22' });
  const [prepared] = await world.find<Communication>('/Communication?subject=Patient/anna', 'therapist');
  expect(prepared?.note?.[0]?.text).toBe('It fits how busy weeks end for me.');
  world.goTo('2027-01-04');
  const course = await enroll(world, referral, 8, { name: 'start', valueDate: '2027-01-11' });

  for (const [index, { on, gas, discovered }] of meetings.entries()) {
    await world.liveUntil(on);
    await meet(world, course, {
      session: index + 1,
      elements:
        index % 2 === 0
          ? [
              ['education', 20],
              ['body-oriented', 25],
            ]
          : [
              ['cbt', 25],
              ['body-oriented', 20],
            ],
      discovered,
      gas,
      ...(index < 2 && { homework: 'Rest five minutes before the walk', confidence: 7 }),
    });
    if (index === 0) await leaveOtherFormsOut(world);
    if (index < 2) {
      world.passDays(4);
      const homework = await openTask(world, 'patient', 'homework');
      await moveTask(world, 'patient', 'has tried it at home', homework, { status: 'completed' });
    }
    if (index === 3) await answerPhq15(world, 12, 'at session 4');
    if (index === 7) await answerPhq15(world, 9, 'at the end');
  }

  const proposed = await world.ask('therapist', {
    method: 'GET',
    path: `/CarePlan/${course.id}/$closing-letter`,
  });
  const letter = JSON.stringify(proposed.resource);
  expect(letter).toContain('Walk to the river');
  await closeWithLetter(world, task, 'Dear colleague, eight sessions, and she walks to the river.', {
    status: 'completed',
  });
  expect(await world.see('gp')).toMatchObject({
    referral: ['completed'],
    episode: ['finished'],
    plan: ['completed'],
    next: [expect.stringContaining('Practitioner/gp, due 2027-04-05')],
  });
  world.goTo('2027-04-02');
  const talk = await openTask(world, 'gp', 'next-step');
  expect(talk.owner).toEqual({ reference: 'Practitioner/gp' });
  await moveTask(world, 'gp', 'has talked with her about what follows', talk, { status: 'completed' });

  for (const { dayBefore, on, total } of contacts) {
    await world.liveUntil(dayBefore);
    expect(await world.runJob('offer-follow-ups')).toMatchObject({ set: 0 });
    world.goTo(on);
    expect(await world.runJob('offer-follow-ups')).toMatchObject({ set: 1 });
    const contact = await openTask(world, 'therapist', 'follow-up-due');
    expect(contact.owner).toEqual({ reference: 'Practitioner/therapist' });
    await answerPhq15(world, total, 'months later');
    await moveTask(world, 'therapist', 'has asked how it is now', contact, { status: 'completed' });
  }
  await world.liveUntil('2028-04-10');
  expect(await world.see('gp')).toMatchObject({ openTasks: [] });
  // Of 15 at the start: 12, 9, 10 and 8.
  expect(await scoreChanges(world)).toEqual([
    '2027-02-01 -3',
    '2027-03-29 -6',
    '2027-06-29 -5',
    '2028-03-29 -7',
  ]);
  expect((await verdicts(world, course)).unexplained).toBe(0);
  await expectNoBlame(world, course);
  golden('straight-course', { steps: world.steps, end: await world.ending('therapist', [course.id]) });
});
