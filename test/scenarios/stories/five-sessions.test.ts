// Tailored to five sessions: agreed with her, each with a reason. It is a warning and never a block, and nobody calls it non-adherence.
import type { Provenance } from '@medplum/fhirtypes';
import { expectNoBlame, openTask, scoreChanges, sessionDays, verdicts } from './story-checks.ts';
import {
  agreed,
  answerPhq15,
  closeWithLetter,
  code,
  day,
  enroll,
  group,
  issuesOf,
  leaveOtherFormsOut,
  meet,
  number,
  referAndAccept,
} from './story-steps.ts';
import { golden, type StoryWorld, saidBy, storyWorld } from './story-world.ts';

let world: StoryWorld;
beforeAll(async () => {
  world = await storyWorld({ start: '2026-11-30' });
});
afterAll(() => world.stop());

it('drops a session and moves another as agreed, is warned and not blocked, and ends completed with nothing unexplained', async () => {
  await answerPhq15(world, 12, 'before the referral');
  const { task, referral } = await referAndAccept(world, { from: '2027-01-04', to: '2027-01-22' });
  world.goTo('2027-01-04');
  const course = await enroll(world, referral, 6, day('start', '2027-01-11'));
  const plan = `/CarePlan/${course.id}`;
  const version = async () => (await world.ask('therapist', { method: 'GET', path: plan })).etag;

  for (const [index, on] of ['2027-01-11', '2027-01-18', '2027-01-25'].entries()) {
    await world.liveUntil(on);
    await meet(world, course, {
      session: index + 1,
      elements: [
        ['education', 20],
        ['body-oriented', 20],
      ],
      discovered: 'Rest before a walk',
      gas: index - 1,
    });
    if (index === 0) await leaveOtherFormsOut(world);
  }

  world.goTo('2027-01-27');
  const drop = (...why: ReturnType<typeof agreed>) => [
    group('edit', code('kind', 'drop'), number('session', 6), ...why),
  ];
  const silent = await world.operate('therapist', 'forgets the reason', `${plan}/$tailor`, drop(), {
    etag: await version(),
    expected: 422,
  });
  expect(saidBy(silent)).toContain('reason');
  const tailored = await world.operate(
    'therapist',
    'agrees with her on five sessions, the fifth a week later',
    `${plan}/$tailor`,
    [
      ...drop(...agreed('goals-reached', 'She walks to the river twice a week already')),
      group(
        'edit',
        code('kind', 'move'),
        number('session', 5),
        day('date', '2027-02-22'),
        ...agreed('practical', 'A week of holidays'),
      ),
    ],
    { etag: await version() },
  );
  expect(issuesOf(tailored)).toEqual([expect.stringMatching(/^warning: .*5 sessions/)]);
  expect(await sessionDays(world)).toEqual([
    '2027-01-11 First session: completed',
    '2027-01-18 Session 2: completed',
    '2027-01-25 Session 3: completed',
    '2027-02-01 Session 4: active',
    '2027-02-22 Session 5: active',
    '2027-03-01 Session 6: revoked',
  ]);
  const reasons = await world.find<Provenance>(`/Provenance?target=CarePlan/${course.id}`, 'patient');
  expect(reasons.length).toBeGreaterThan(0);

  await world.liveUntil('2027-02-01');
  await meet(world, course, {
    session: 4,
    elements: [
      ['cbt', 20],
      ['body-oriented', 20],
    ],
    discovered: 'Two short walks',
    gas: 1,
  });
  await world.liveUntil('2027-02-22');
  await meet(world, course, {
    session: 5,
    elements: [
      ['cbt', 20],
      ['education', 20],
    ],
    discovered: 'I know what helps',
    gas: 1,
  });
  await answerPhq15(world, 8, 'at the end');
  await closeWithLetter(world, task, 'Dear colleague, five sessions; her goal was reached.', {
    status: 'completed',
  });
  expect((await openTask(world, 'gp', 'next-step')).owner).toEqual({ reference: 'Practitioner/gp' });

  // She left out the PHQ-15 at session 4 and filled it in at the end: nobody asks for the earlier one any more.
  expect((await world.see('person')).openTasks.filter((line) => line.startsWith('Questionnaire'))).toEqual([
    'Questionnaire to fill in phq-15: requested, Patient/anna, due 2027-05-22',
    'Questionnaire to fill in phq-15: requested, Patient/anna, due 2028-02-22',
  ]);

  await world.liveUntil('2027-03-29');
  const compared = await verdicts(world, course);
  expect(compared.unexplained).toBe(0);
  expect(compared.sessions.filter((line) => line.endsWith('tailored'))).toEqual([
    'session-05: tailored',
    'session-06: tailored',
  ]);
  expect(await scoreChanges(world)).toEqual(['2027-02-22 -4']);
  await expectNoBlame(world, course);
  golden('five-sessions', { steps: world.steps, end: await world.ending('therapist', [course.id]) });
});
