// An alarm sign before the course, and thoughts of self-harm in the middle of it: somebody by name looks in time, the next step waits, support never does.
import type { Bundle, Flag, Observation, QuestionnaireResponse, Task } from '@medplum/fhirtypes';
import { enrolment, refersAndAccepts } from './before-the-course.ts';
import {
  change,
  courseSystem,
  dated,
  endedWith,
  flagLines,
  form,
  post,
  said,
  talk,
  whoseTurn,
} from './story-moves.ts';
import { golden, type StoryWorld, saidBy, storyWorld } from './story-world.ts';

let world: StoryWorld;
beforeAll(async () => {
  world = await storyWorld({ start: '2026-11-30' });
});
afterAll(() => world.stop());

const anna = 'Patient/anna';
const flags = () => world.find<Flag>(`/Flag?patient=${anna}`);
const alarmTasks = async (code: string) =>
  (await world.find<Task>(`/Task?patient=${anna}`)).filter(({ code: own }) =>
    own?.coding?.some((coding) => coding.system?.endsWith('/safety-check') && coding.code === code),
  );
const found = (words: string) => ({ output: [{ type: { text: 'What was found' }, valueString: words }] });

/** Every time that the flags change they are kept, beside the steps, as the general practitioner sees them. */
const flagDiary: { readonly after: string; readonly flags: readonly string[] }[] = [];
const noteFlags = async () => {
  const after = world.steps.at(-1);
  flagDiary.push({ after: `${after?.date} ${after?.what}`, flags: await flagLines(world, anna, 'gp') });
};

it('stops the next step and never support, until somebody has looked', async () => {
  const referral = await refersAndAccepts(world);

  // The sign, its Flag and the Task come in one commit: what fails as a whole leaves none of them.
  world.goTo('2026-12-02', '10:00');
  const signs = form('red-flags-bowel-present', anna, '2026-12-02T09:55:00Z');
  const refusedWhole = await world.ask('therapist', {
    method: 'POST',
    path: '',
    body: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { request: { method: 'POST', url: 'QuestionnaireResponse' }, resource: signs },
        {
          request: { method: 'POST', url: 'Task' },
          resource: {
            resourceType: 'Task',
            status: 'requested',
            intent: 'order',
            code: { coding: [{ system: courseSystem, code: 'referral' }] },
            for: { reference: anna },
          },
        },
      ],
    },
  });
  expect([refusedWhole.status, saidBy(refusedWhole)]).toEqual([
    422,
    'a referral is made with POST Patient/[id]/$refer',
  ]);
  expect([await flags(), await alarmTasks('red-flag')]).toEqual([[], []]);
  const answered = await world.act('therapist', 'asks about alarm signs, and there is one', post(signs));
  const response = answered.resource as QuestionnaireResponse;
  await noteFlags();
  const [flag, ...otherFlags] = await flags();
  const [alarm, ...otherAlarms] = await alarmTasks('red-flag');
  expect([otherFlags, otherAlarms]).toEqual([[], []]);
  expect(flag).toMatchObject({ status: 'active', subject: { reference: anna } });
  expect(alarm).toMatchObject({
    status: 'requested',
    owner: { reference: 'Practitioner/gp' },
    focus: { reference: `QuestionnaireResponse/${response.id}` },
    input: [{ valueReference: { reference: `Flag/${flag?.id}` } }],
    restriction: { period: { end: '2026-12-03T10:00:00.000Z' } },
  });
  expect([flag?.meta?.lastUpdated, alarm?.meta?.lastUpdated]).toEqual([
    response.meta?.lastUpdated,
    response.meta?.lastUpdated,
  ]);

  // No course begins, and the refusal says what to do.
  const refused = await world.operate(
    'therapist',
    'would begin the course',
    '/PlanDefinition/psychosomatic-therapy/$enroll',
    enrolment(referral),
    { expected: 422 },
  );
  expect(saidBy(refused)).toBe(
    `no course begins while Flag/${flag?.id} (Alarm sign) is active: somebody looks first, and support goes on meanwhile. Whoever looked sets the Flag to inactive and says in the extension https://w3id.org/alongside/fhir/StructureDefinition/flag-outcome what was found or agreed`,
  );
  expect(await world.find(`/CarePlan?subject=${anna}`)).toEqual([]);

  // Support goes on: they meet, and write to each other.
  await world.act(
    'therapist',
    'agrees on a talk next Thursday all the same',
    post({
      resourceType: 'Appointment',
      status: 'booked',
      start: '2026-12-10T09:00:00Z',
      end: '2026-12-10T09:45:00Z',
      participant: [anna, 'Practitioner/therapist'].map((reference) => ({
        actor: { reference },
        status: 'accepted',
      })),
    }),
  );
  await world.act(
    'therapist',
    'writes to her what happens now',
    post({
      resourceType: 'Communication',
      status: 'completed',
      subject: { reference: anna },
      recipient: [{ reference: anna }],
      sent: '2026-12-02T10:03:00Z',
      payload: [{ contentString: 'Your doctor calls by tomorrow. Our talk next Thursday stays as it is.' }],
    }),
  );

  // Nobody has looked when the time has passed: whoever is next is asked, once; after that day, whoever watches over Tasks without an owner.
  world.goTo('2026-12-03', '09:05');
  expect(await world.runJob('escalate-alarms')).toMatchObject({ set: 0 });
  world.goTo('2026-12-03', '10:05');
  expect(await world.runJob('escalate-alarms')).toMatchObject({ set: 1 });
  expect(await whoseTurn(world, anna)).toContain('alarm-waiting Practitioner/therapist');
  world.goTo('2026-12-03', '20:05');
  expect(await world.runJob('escalate-alarms')).toMatchObject({ set: 0 });
  world.goTo('2026-12-04', '05:05');
  expect(await world.runJob('escalate-alarms')).toMatchObject({ set: 1 });
  expect(await whoseTurn(world, anna)).toContain('alarm-waiting nobody by name');
  const unowned = await world.find<Task>('/Task?owner:missing=true&status=requested');
  expect(unowned.map(({ focus }) => focus?.reference)).toEqual([`Task/${alarm?.id}`]);

  // Not the therapist's to end, not without words, and the Task not while the Flag would be left alone.
  world.goTo('2026-12-04', '11:00');
  await change<Flag>(
    world,
    'therapist',
    'would end the flag of the general practitioner',
    `Flag/${flag?.id}`,
    endedWith('It will be nothing much'),
    403,
  );
  await change<Flag>(
    world,
    'gp',
    'would end it without words',
    `Flag/${flag?.id}`,
    { status: 'inactive' },
    422,
  );
  await change<Task>(
    world,
    'gp',
    'would close the Task and leave the flag',
    `Task/${alarm?.id}`,
    { status: 'completed', ...found('Seen') },
    422,
  );
  await change<Flag>(
    world,
    'gp',
    'has looked, and ends the flag with what was found',
    `Flag/${flag?.id}`,
    endedWith('Examined today; a small tear explains the blood. Looked at again in four weeks.'),
  );
  await change<Task>(world, 'gp', 'closes the Task with it', `Task/${alarm?.id}`, {
    status: 'completed',
    ...found('A small tear; she knows, and comes again in four weeks.'),
  });
  await noteFlags();
  world.goTo('2026-12-04', '12:05');
  expect(await world.runJob('escalate-alarms')).toMatchObject({ set: 0, takenBack: 2 });

  // The course begins.
  world.goTo('2026-12-08', '10:00');
  const begun = await world.operate(
    'therapist',
    'begins the course',
    '/PlanDefinition/psychosomatic-therapy/$enroll',
    enrolment(referral),
    { expected: 201 },
  );
  const plan = `CarePlan/${((begun.resource as Bundle).entry ?? []).find(({ resource }) => resource?.resourceType === 'CarePlan')?.resource?.id}`;
  const meet = async (day: string, discovered: string) => {
    world.goTo(day, '11:00');
    const { etag } = await world.ask('therapist', { method: 'GET', path: `/${plan}` });
    const path = `/${plan}/$session-complete`;
    return world.operate('therapist', 'records a session', path, talk(discovered), { etag });
  };
  await meet('2026-12-08', 'Being heard makes the shoulders drop.');
  await meet('2026-12-15', 'A short rest before noon helps the evening.');
  await meet('2026-12-22', 'The breath goes first when the neck gets tight.');

  // In the middle of the course she answers above zero to the last question of the PHQ-9.
  world.goTo('2026-12-29', '08:30');
  await world.act(
    'patient',
    'answers the PHQ-9, the last question above zero',
    post(form('phq-9-question-9-above-zero', anna, '2026-12-29T08:25:00Z')),
  );
  await noteFlags();
  const [harm] = await alarmTasks('thoughts-of-self-harm');
  const harmFlag = (await flags()).find(({ status }) => status === 'active');
  const [answer] = await world.find<Observation>(
    `/Observation?patient=${anna}&code=http://loinc.org|44260-8`,
  );
  expect(harm).toMatchObject({
    status: 'requested',
    priority: 'asap',
    owner: { reference: 'Practitioner/gp' },
    focus: { reference: `Observation/${answer?.id}` },
    restriction: { period: { start: '2026-12-29T08:30:00.000Z', end: '2026-12-29T12:30:00.000Z' } },
  });

  // A heavier step is not planned now; the session of the day takes place and is recorded.
  const version = (await world.ask('therapist', { method: 'GET', path: `/${plan}` })).etag;
  const heavier = await world.operate(
    'therapist',
    'would plan building up activity',
    `/${plan}/$tailor`,
    [
      {
        name: 'edit',
        part: [
          { name: 'kind', valueCode: 'add' },
          dated('date', '2027-01-05'),
          said('title', 'Building up'),
          { name: 'minutes', valueInteger: 40 },
          { name: 'element', valueCode: 'activation' },
          { name: 'reason', valueCode: 'practical' },
          { name: 'agreed', valueBoolean: true },
        ],
      },
    ],
    { etag: version, expected: 422 },
  );
  expect(saidBy(heavier)).toContain(`Flag/${harmFlag?.id}`);
  await meet('2026-12-29', 'Saying it aloud was a relief.');
  const home = await world.ask('patient', { method: 'GET', path: `/${plan}/$course` });
  expect(home.status).toBe(200);

  // Four hours pass: the therapist of the course is asked to see to it, once.
  world.goTo('2026-12-29', '12:05');
  expect(await world.runJob('escalate-alarms')).toMatchObject({ set: 0 });
  world.goTo('2026-12-29', '13:05');
  expect(await world.runJob('escalate-alarms')).toMatchObject({ set: 1 });
  expect(await whoseTurn(world, anna)).toContain('alarm-waiting Practitioner/therapist');
  world.goTo('2026-12-29', '14:05');
  expect(await world.runJob('escalate-alarms')).toMatchObject({ set: 0 });
  world.goTo('2026-12-29', '15:00');
  await change<Flag>(
    world,
    'gp',
    'has talked with her the same day, and ends the flag with what was agreed',
    `Flag/${harmFlag?.id}`,
    endedWith('Talked at two. No plan. She has a number to call, and comes on Thursday.'),
  );
  await change<Task>(world, 'gp', 'closes the Task with it', `Task/${harm?.id}`, {
    status: 'completed',
    ...found('Talked; appointment on Thursday; her sister knows.'),
  });
  await noteFlags();
  world.goTo('2026-12-29', '15:05');
  expect(await world.runJob('escalate-alarms')).toMatchObject({ set: 0, takenBack: 1 });
  await meet('2027-01-12', 'The walk to the corner went well.');
  expect((await flags()).map(({ status }) => status)).toEqual(['inactive', 'inactive']);
  golden('red-flag', {
    steps: world.steps,
    flags: flagDiary,
    end: await world.ending('therapist', [plan.replace('CarePlan/', '')]),
  });
});
