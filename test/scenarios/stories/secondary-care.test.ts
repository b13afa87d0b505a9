// Moved to secondary care: the course ends early with a reason and a letter to the GP, nothing stays open by mistake, and somebody has the next step.
import type { ServiceRequest } from '@medplum/fhirtypes';
import { expectNoBlame, openTask, sessionDays, verdicts } from './story-checks.ts';
import {
  answerPhq15,
  closeWithLetter,
  day,
  enroll,
  leaveOtherFormsOut,
  meet,
  moveTask,
  referAndAccept,
} from './story-steps.ts';
import { golden, type StoryWorld, saidBy, storyWorld } from './story-world.ts';

let world: StoryWorld;
beforeAll(async () => {
  world = await storyWorld({ start: '2026-11-30' });
});
afterAll(() => world.stop());

const why = {
  text: 'More is needed than primary care can give: agreed with her to ask the specialised centre',
};

it('ends early with a letter, revokes what was planned, and leaves the next step with the GP', async () => {
  await answerPhq15(world, 20, 'before the referral');
  const { task, referral } = await referAndAccept(world, { from: '2027-01-04', to: '2027-01-22' });
  world.goTo('2027-01-04');
  const course = await enroll(world, referral, 8, day('start', '2027-01-11'));
  for (const [index, on] of ['2027-01-11', '2027-01-18', '2027-01-25', '2027-02-01'].entries()) {
    await world.liveUntil(on);
    await meet(world, course, {
      session: index + 1,
      elements: [
        ['education', 20],
        ['body-oriented', 20],
      ],
      discovered: 'It takes more than one person to carry this',
      gas: -2,
      ...(index === 3 && { homework: 'Write down what help at home would look like', confidence: 5 }),
    });
    if (index === 0) await leaveOtherFormsOut(world);
  }
  await answerPhq15(world, 22, 'at session 4');

  world.goTo('2027-02-05');
  const path = `/Task/${task.id}`;
  const { resource, etag = '' } = await world.ask('therapist', { method: 'GET', path });
  const silent = await world.act(
    'therapist',
    'forgets the letter',
    {
      method: 'PUT',
      path,
      body: { ...resource, status: 'failed', statusReason: why },
      headers: { 'If-Match': etag },
    },
    422,
  );
  expect(saidBy(silent)).toContain('needs a closing letter');
  await closeWithLetter(
    world,
    task,
    'Dear colleague, four sessions; we agreed that the specialised centre is asked.',
    {
      status: 'failed',
      statusReason: why,
    },
  );

  expect(await sessionDays(world)).toEqual([
    '2027-01-11 First session: completed',
    '2027-01-18 Session 2: completed',
    '2027-01-25 Session 3: completed',
    '2027-02-01 Session 4: completed',
    '2027-02-15 Session 5: revoked',
    '2027-03-01 Session 6: revoked',
    '2027-03-15 Session 7: revoked',
    '2027-03-29 Session 8: revoked',
  ]);
  const revoked = await world.find<ServiceRequest>(
    '/ServiceRequest?subject=Patient/anna&status=revoked',
    'gp',
  );
  for (const { extension } of revoked) {
    expect(extension).toContainEqual({
      url: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
      valueCodeableConcept: why,
    });
  }
  const ended = await world.see('person');
  expect(ended).toMatchObject({ referral: ['completed'], episode: ['finished'], plan: ['revoked'] });
  // What belonged to the course is withdrawn; what is asked months later counts from the last session held.
  expect(ended.openTasks).toEqual([
    'Decide the next step: requested, Practitioner/gp, due 2027-02-12',
    'Questionnaire to fill in phq-15: requested, Patient/anna, due 2027-05-01',
    'Questionnaire to fill in phq-15: requested, Patient/anna, due 2028-02-01',
  ]);
  expect(ended.next).toEqual([
    'Your course has ended. Somebody talks with you about what it brought and what follows. Practitioner/gp, due 2027-02-12',
  ]);
  const next = await openTask(world, 'gp', 'next-step');

  await world.liveUntil('2027-03-01');
  await moveTask(world, 'gp', 'has referred her to the specialised centre', next, { status: 'completed' });
  await world.liveUntil('2027-05-10');
  expect((await openTask(world, 'therapist', 'follow-up-due')).owner).toEqual({
    reference: 'Practitioner/therapist',
  });
  expect((await verdicts(world, course)).unexplained).toBe(0);
  await expectNoBlame(world, course);
  golden('secondary-care', { steps: world.steps, end: await world.ending('therapist', [course.id]) });
});
