// A group of eight over eight days and a year: one misses a day and has one of her own, one chooses what is quieter, one writes a diary that nobody else sees.
import type {
  Bundle,
  CarePlan,
  Composition,
  Encounter,
  Parameters,
  ParametersParameter,
  Procedure,
  QuestionnaireResponse,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import {
  coded,
  days,
  everybody,
  groupPeople,
  leaders,
  memberIds,
  number,
  presence,
  theme,
} from './group-of-eight.ts';
import { change, dated, said, sendLetter, to } from './story-moves.ts';
import { golden, type StoryAnswer, type StoryWorld, saidBy, storyWorld } from './story-world.ts';

let world: StoryWorld;
beforeAll(async () => {
  world = await storyWorld({
    start: '2026-08-31',
    people: groupPeople,
    viewers: {
      'member who missed a day': { as: 'mia', about: 'Patient/mia' },
      'other member, of her': { as: 'noor', about: 'Patient/mia' },
      'general practitioner': { as: 'gp', about: 'Patient/mia' },
    },
  });
});
afterAll(() => world.stop());

const resourceNamed = <T extends Resource>({ resource }: StoryAnswer, name: string): T | undefined =>
  (resource as Parameters).parameter?.find((each) => each.name === name)?.resource as T | undefined;
const etagOf = async (who: string, reference: string) =>
  (await world.ask(who, { method: 'GET', path: `/${reference}` })).etag;
const nothing = { set: 0, takenBack: 0 };
const run = async (job: string, day: string) => {
  world.goTo(day, '05:00');
  const { set, takenBack } = await world.runJob(job);
  return { set, takenBack };
};

async function holdDay(
  who: string,
  what: string,
  plan: string,
  parameter: readonly ParametersParameter[],
  expected = 201,
): Promise<StoryAnswer> {
  const etag = await etagOf(who, plan);
  return world.operate(who, what, `/${plan}/$group-day-complete`, parameter, { etag, expected });
}

it('runs over eight days, a day of her own, and a year, and shows nobody what is not theirs', async () => {
  const begin = (ids: readonly string[]) => [
    ...leaders.map((id) => to('leader', `Practitioner/${id}`)),
    ...ids.map((id) => to('member', `Patient/${id}`)),
    dated('start', '2026-09-07'),
  ];
  const path = '/PlanDefinition/prop-programme/$start-group';
  await world.operate('leader', 'would begin with five', path, begin(memberIds.slice(0, 5)), {
    expected: 422,
  });
  const begun = await world.operate('leader', 'begins with eight', path, begin(memberIds), { expected: 201 });
  const plans = ((begun.resource as Bundle).entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'CarePlan' ? resource : [],
  );
  const whole = plans.find(({ subject }) => subject.reference?.startsWith('Group/'));
  const plan = `CarePlan/${whole?.id}`;
  const group = String(whole?.subject.reference);
  const ownOf = (id: string) =>
    `CarePlan/${plans.find(({ subject }) => subject.reference === `Patient/${id}`)?.id}`;
  expect(plans).toHaveLength(9);
  const planned = await world.find<ServiceRequest>(`/ServiceRequest?subject=${group}`);
  expect(planned.map(({ occurrenceDateTime }) => occurrenceDateTime ?? '').toSorted()).toEqual(
    days.map(([day]) => day),
  );

  // The first day: one chooses what is quieter; a note that names somebody is refused once, and does not repeat the name.
  world.goTo('2026-09-07', '16:00');
  const quiet: ParametersParameter = {
    name: 'quiet',
    part: [coded('exercise', 'medical-yoga'), number('minutes', 20)],
  };
  const first = [...everybody({ oda: presence('oda', 'present', quiet) }), theme('fibromyalgia')];
  const refused = await holdDay(
    'leader',
    'would hand over with a name in the note',
    plan,
    [...first, said('note', 'A calm start. Pien spoke of her work.')],
    422,
  );
  expect(saidBy(refused)).toBe(
    'the note names somebody of the group (line 1, word 4): write about the day, and about nobody by name',
  );
  expect(await world.find(`/Encounter?subject=${group}`)).toEqual([]);
  await holdDay('leader', 'records the first day, with a note that names nobody', plan, [
    ...first,
    said('note', 'A calm start. Work is on the minds of several.'),
  ]);
  expect((await world.see('member who missed a day')).episode).toEqual(['active']);
  const chosen = await world.find<Procedure>('/Procedure?patient=Patient/oda', 'oda');
  expect(chosen.map(({ code, reasonCode }) => [code?.coding?.[0]?.code, reasonCode?.[0]?.text])).toEqual(
    expect.arrayContaining([['relaxation', 'Chosen instead of: Medical yoga']]),
  );

  // That evening one writes what is hers alone.
  world.goTo('2026-09-07', '19:00');
  const written = await world.act('noor', 'writes in her diary, for herself alone', {
    method: 'POST',
    path: '/QuestionnaireResponse',
    body: {
      resourceType: 'QuestionnaireResponse',
      extension: [
        { url: 'https://w3id.org/alongside/fhir/StructureDefinition/patient-only', valueBoolean: true },
      ],
      questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/prop-diary-discoveries|1.0.0',
      status: 'completed',
      subject: { reference: 'Patient/noor' },
      author: { reference: 'Patient/noor' },
      authored: '2026-09-07T18:50:00Z',
      item: [{ linkId: 'discovered', answer: [{ valueString: 'The quiet of the lake' }] }],
    },
  });
  const diary = `/QuestionnaireResponse/${(written.resource as QuestionnaireResponse).id}`;

  // The second day: one is absent and said so. Nobody asks why; there is an offer.
  world.goTo('2026-09-21', '16:00');
  await holdDay('second-leader', 'records the second day; one was absent and had said so', plan, [
    ...everybody({ mia: presence('mia', 'absent-with-notice') }),
    theme('stress'),
    said('note', 'The morning was full; more rests next time.'),
  ]);
  const [offer, ...others] = await world.find<Task>('/Task?patient=Patient/mia&code=make-up-offer');
  expect(others).toEqual([]);
  expect(offer).toMatchObject({
    status: 'requested',
    owner: { reference: 'Practitioner/leader' },
    description:
      'Offer a day of their own about "Stress and illness". Whether they take it is theirs to choose; their place in the group stays theirs.',
  });
  world.goTo('2026-09-23');
  const made = await world.operate(
    'leader',
    'agrees with her on a day of her own',
    `/${ownOf('mia')}/$make-up-day`,
    [to('offer', `Task/${offer?.id}`), dated('date', '2026-10-01')],
    { etag: await etagOf('leader', ownOf('mia')), expected: 201 },
  );
  expect((await world.see('member who missed a day')).next).toEqual([
    "Next: A day of one's own: Stress and illness. Practitioner/leader, due 2026-10-01",
  ]);
  const makeUp = resourceNamed<ServiceRequest>(made, 'session');
  world.goTo('2026-10-01', '14:00');
  await world.operate(
    'leader',
    'holds the day of her own',
    `/${ownOf('mia')}/$session-complete`,
    [
      to('session', `ServiceRequest/${makeUp?.id}`),
      number('minutes', 180),
      {
        name: 'element',
        part: [coded('code', 'stress'), number('minutes', 90)],
      },
      said('discovered', 'Saying no before noon leaves something for the evening.'),
    ],
    { etag: await etagOf('leader', ownOf('mia')) },
  );
  expect((await world.find<ServiceRequest>(`/ServiceRequest?_id=${makeUp?.id}`))[0]?.status).toBe(
    'completed',
  );

  // The other six days; on one of them somebody left early.
  for (const [day, code] of days.slice(2, 7)) {
    world.goTo(day, '16:00');
    const early: Readonly<Record<string, ParametersParameter>> =
      code === 'identity' ? { vera: presence('vera', 'left-early', number('minutes', 120)) } : {};
    await holdDay('leader', `records the day of ${day}`, plan, [...everybody(early), theme(code)]);
  }
  expect((await world.find<CarePlan>(`/CarePlan?_id=${whole?.id}`))[0]?.status).toBe('active');
  world.goTo('2026-12-14', '16:00');
  await holdDay('leader', 'records the last day', plan, [...everybody(), theme('supporters')]);
  const ended = await world.find<CarePlan>(`/CarePlan?part-of=${plan}`);
  expect((await world.find<CarePlan>(`/CarePlan?_id=${whole?.id}`))[0]?.status).toBe('completed');
  expect(ended.map(({ status }) => status)).toEqual(memberIds.map(() => 'completed'));

  // Everybody has a next step and somebody who takes care of it, so that the sweep has one thing left to ask for: the letters.
  const steps = await world.find<Task>('/Task?code=next-step&status=requested');
  expect(steps.map(({ for: whom, owner }) => `${whom?.reference} ${owner?.reference}`).toSorted()).toEqual(
    memberIds.map((id) => `Patient/${id} Practitioner/leader`),
  );
  expect(await run('sweep-dead-ends', '2026-12-20')).toEqual(nothing);
  expect(await run('sweep-dead-ends', '2026-12-21')).toEqual({ set: 8, takenBack: 0 });
  const letters = await world.find<Task>('/Task?code=closing-letter-due&status=requested');
  expect(letters.map(({ for: whom, owner }) => `${whom?.reference} ${owner?.reference}`).toSorted()).toEqual(
    memberIds.map((id) => `Patient/${id} Practitioner/leader`),
  );
  world.goTo('2027-01-04');
  for (const id of memberIds) await sendLetter(world, 'leader', id, ownOf(id));
  expect(await run('sweep-dead-ends', '2027-01-05')).toEqual({ set: 0, takenBack: 8 });
  world.goTo('2027-01-05');
  for (const step of steps) {
    const id = String(step.for?.reference?.replace('Patient/', ''));
    await change<Task>(world, 'leader', `agrees the next step with ${id}`, `Task/${step.id}`, {
      status: 'completed',
      output: [{ type: { text: 'Agreed' }, valueString: 'Goes on by herself; calls when she wants.' }],
    });
  }

  // A year on, the job finds all eight, once.
  expect(await run('offer-follow-ups', '2027-12-13')).toEqual(nothing);
  expect(await run('offer-follow-ups', '2027-12-14')).toEqual({ set: 8, takenBack: 0 });
  expect(await run('offer-follow-ups', '2027-12-15')).toEqual(nothing);
  const contacts = await world.find<Task>('/Task?code=follow-up&status=requested');
  expect(contacts).toHaveLength(8);
  world.goTo('2027-12-16');
  for (const contact of contacts) {
    const id = String(contact.for?.reference?.replace('Patient/', ''));
    await change<Task>(world, 'leader', `gets in touch with ${id}, a year on`, `Task/${contact.id}`, {
      status: 'completed',
      output: [{ type: { text: 'How it is' }, valueString: 'She has her week in hand.' }],
    });
  }
  expect(await run('offer-follow-ups', '2027-12-17')).toEqual({ set: 0, takenBack: 8 });
  expect(await world.find('/Task?status=requested')).toEqual([]);

  // What is written for oneself alone is seen by nobody else, by whatever way it is asked for.
  for (const who of ['mia', 'leader', 'second-leader', 'gp']) {
    expect([who, (await world.ask(who, { method: 'GET', path: diary })).status]).toEqual([who, 404]);
    for (const asked of [
      '/QuestionnaireResponse?_count=100',
      '/QuestionnaireResponse?patient=Patient/noor',
      '/Patient/noor/$everything?_count=200',
      `${diary}/_history`,
    ]) {
      const { resource } = await world.ask(who, { method: 'GET', path: asked });
      expect([who, asked, JSON.stringify(resource).includes('quiet of the lake')]).toEqual([
        who,
        asked,
        false,
      ]);
    }
  }
  expect(JSON.stringify((await world.ask('noor', { method: 'GET', path: diary })).resource)).toContain(
    'The quiet of the lake',
  );

  // The hand-over is from leader to leader, without a name; the day of the group says nothing of who was there.
  const notes = await world.find<Composition>(`/Composition?subject=${group}`, 'second-leader');
  expect(notes).toHaveLength(2);
  expect(await world.find(`/Composition?subject=${group}`, 'mia')).toEqual([]);
  const held = await world.find<Encounter>(`/Encounter?subject=${group}`, 'leader');
  expect(held).toHaveLength(8);
  for (const each of [...notes, ...held, whole]) expect(JSON.stringify(each)).not.toContain('Patient/');

  const stored: Record<string, unknown> = {};
  for (const id of memberIds.slice(1)) {
    stored[id] = await world.ending('leader', [], `Patient/${id}`);
  }
  golden('group-run', {
    steps: world.steps,
    group: await Promise.all(
      ['CarePlan', 'CareTeam', 'RequestGroup', 'ServiceRequest', 'Encounter', 'Composition'].map(
        async (type) => {
          const found = await world.find<CarePlan>(`/${type}?subject=${group}`, 'leader');
          return `${type}: ${found.map(({ status }) => status).join(', ')}`;
        },
      ),
    ),
    end: await world.ending('leader', [ownOf('mia').replace('CarePlan/', '')], 'Patient/mia'),
    others: stored,
  });
}, 60_000);
