// Three patients and their therapists on a course together, by the same rules for both: all consent and agree, both write what is theirs alone, and one pair stops.
import type {
  Bundle,
  CarePlan,
  CareTeam,
  Encounter,
  Observation,
  ParametersParameter,
  QuestionnaireResponse,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { change, dated, said, to } from './story-moves.ts';
import { golden, type StoryAnswer, type StoryWorld, saidBy, storyWorld } from './story-world.ts';
import {
  agreement,
  everybody,
  instructors,
  nameOf,
  numbers,
  pair,
  pairPeople,
  patientOf,
  roleOf,
  therapistOf,
} from './three-pairs.ts';

let world: StoryWorld;
beforeAll(async () => {
  world = await storyWorld({
    start: '2026-11-09',
    people: pairPeople,
    viewers: {
      patient: { as: 'patient-1', about: patientOf(1) },
      therapist: { as: 'therapist-1', about: patientOf(1) },
      'general practitioner': { as: 'gp', about: patientOf(1) },
      'patient of another pair, of them': { as: 'patient-2', about: patientOf(1) },
      'patient whose pair stops': { as: 'patient-3', about: patientOf(3) },
    },
  });
});
afterAll(() => world.stop());

const begin = (what: string, pairs: readonly ParametersParameter[], expected: number) =>
  world.operate(
    'by-profession',
    what,
    '/PlanDefinition/joint-course/$start-pairs',
    [
      ...instructors,
      ...pairs,
      dated('start', '2026-11-20'),
      dated('day', '2026-11-20'),
      dated('day', '2026-11-27'),
      said('place', 'The house by the river'),
    ],
    { expected },
  );

const writes = (subject: string, what: string, form: string, item: QuestionnaireResponse['item'] = []) =>
  world.act(nameOf(subject), what, {
    method: 'POST',
    path: '/QuestionnaireResponse',
    body: {
      resourceType: 'QuestionnaireResponse',
      ...(form === 'joint-course-preparation' &&
        roleOf(subject) === 'patient' && {
          extension: [
            { url: 'https://w3id.org/alongside/fhir/StructureDefinition/patient-only', valueBoolean: true },
          ],
        }),
      questionnaire: `https://w3id.org/alongside/fhir/Questionnaire/${form}|1.0.0`,
      status: 'completed',
      subject: { reference: subject },
      author: { reference: subject },
      authored: `${world.today()}T08:00:00Z`,
      item: [
        {
          linkId: 'role',
          answer: [
            {
              valueCoding: {
                system: 'https://w3id.org/alongside/fhir/CodeSystem/joint-course-role',
                code: roleOf(subject),
              },
            },
          ],
        },
        ...item,
      ],
    },
  });
/** What the course asked of somebody with this form, closed by themselves: patient and therapist alike. */
async function closes(subject: string, form: string): Promise<void> {
  const asked = await world.find<Task>('/Task?code=homework&status=requested', nameOf(subject));
  const task = asked.find(
    ({ owner, input }) =>
      owner?.reference === subject && input?.some(({ valueCanonical }) => valueCanonical?.includes(form)),
  );
  if (!task) throw new Error(`${subject} was not asked for ${form}`);
  await change<Task>(world, nameOf(subject), `closes what was asked: ${form}`, `Task/${task.id}`, {
    status: 'completed',
  });
}

async function holdDay(
  what: string,
  plan: string,
  who: readonly string[],
  away: readonly string[],
  expected = 201,
): Promise<StoryAnswer> {
  const { etag } = await world.ask('by-experience', { method: 'GET', path: `/${plan}` });
  const attendance = who.map(
    (each): ParametersParameter => ({
      name: 'attendance',
      part: [
        to('member', each),
        { name: 'presence', valueCode: away.includes(each) ? 'absent-with-notice' : 'present' },
      ],
    }),
  );
  return world.operate(
    'by-experience',
    what,
    `/${plan}/$group-day-complete`,
    [{ name: 'minutes', valueInteger: 300 }, ...attendance],
    { etag, expected },
  );
}

it('holds both days for both of each pair by the same rules, and a pair that stops loses nothing else', async () => {
  const unequal = await begin(
    'would begin with a patient without a therapist',
    [pair(1), pair(2), pair(3, ['therapist', 'therapistConsent'])],
    422,
  );
  expect(saidBy(unequal)).not.toBe('');
  await begin(
    'would begin without the consent of one therapist',
    [pair(1), pair(2), pair(3, ['therapistConsent'])],
    422,
  );
  expect(await world.find(`/CarePlan?subject=${patientOf(1)}`)).toEqual([]);
  const begun = await begin(
    'begins with three pairs',
    numbers.map((number) => pair(number)),
    201,
  );
  const plans = ((begun.resource as Bundle).entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === 'CarePlan' ? resource : [],
  );
  const whole = plans.find(({ subject }) => subject.reference?.startsWith('Group/'));
  const plan = `CarePlan/${whole?.id}`;
  const group = String(whole?.subject.reference);
  const ownOf = (number: number) =>
    plans.find(({ subject }) => subject.reference === patientOf(number))?.id ?? '';

  // The same for both of a pair: one consent each, and the same things to do.
  const consents = await world.find<Observation>(`/Observation?subject=${patientOf(1)}`);
  expect(consents.map(({ performer }) => performer?.[0]?.reference ?? '').toSorted()).toEqual([
    patientOf(1),
    therapistOf(1),
  ]);
  const homework = (await world.find<Task>('/Task?code=homework')).map(
    (task) => `${task.owner?.reference}: ${task.description}`,
  );
  const asked = (who: string) =>
    homework.filter((each) => each.startsWith(`${who}:`)).map((each) => each.slice(who.length + 2));
  expect(asked(patientOf(1))).toHaveLength(asked(therapistOf(1)).length);
  expect(asked(patientOf(1)).length).toBeGreaterThan(0);

  // No day before everybody has agreed to what stays among them.
  world.goTo('2026-11-19', '08:00');
  for (const who of everybody.slice(0, -1)) {
    await writes(who, 'agrees to what stays among them', 'joint-course-agreement', agreement(who));
  }
  world.goTo('2026-11-20', '16:00');
  const early = await holdDay('would record the first day', plan, everybody, [], 422);
  expect(saidBy(early)).toContain(`${therapistOf(3)} has not sent a completed`);
  await writes(therapistOf(3), 'agrees too', 'joint-course-agreement', agreement(therapistOf(3)));
  await holdDay('records the first day', plan, everybody, []);

  // Between the days both write a page for themselves alone.
  const pages = [
    { subject: patientOf(1), words: 'the lake in the evening' },
    { subject: therapistOf(1), words: 'a hard winter of my own' },
  ];
  const written: string[] = [];
  world.goTo('2026-11-22');
  for (const { subject, words } of pages) {
    const page = await writes(subject, 'writes a page for themselves alone', 'joint-course-preparation', [
      { linkId: 'helped', answer: [{ valueString: words }] },
    ]);
    await closes(subject, 'joint-course-preparation');
    written.push(`/QuestionnaireResponse/${(page.resource as QuestionnaireResponse).id}`);
  }

  // One therapist stops, without a reason. The treatment of their patient goes on as it was.
  await world.ask('system', {
    method: 'PUT',
    path: '/CareTeam/their-treatment',
    body: {
      resourceType: 'CareTeam',
      id: 'their-treatment',
      status: 'active',
      subject: { reference: patientOf(3) },
      participant: [{ member: { reference: therapistOf(3) } }],
    },
  });
  world.goTo('2026-11-24');
  const { etag } = await world.ask('by-experience', { method: 'GET', path: `/${plan}` });
  await world.operate(
    'by-experience',
    'lets a pair go whose therapist stops',
    `/${plan}/$group-member`,
    [{ name: 'action', valueCode: 'leave' }, to('member', therapistOf(3))],
    { etag, expected: 200 },
  );
  const stopped = await world.find<CarePlan>(`/CarePlan?_id=${ownOf(3)}`);
  expect(stopped.map(({ status }) => status)).toEqual(['revoked']);
  const kept = await world.find<CareTeam>('/CareTeam?_id=their-treatment');
  expect(kept.map(({ status }) => status)).toEqual(['active']);
  // Both are told alike.
  const told = await world.find<Task>(`/Task?patient=${patientOf(3)}&code=next-step&status=requested`);
  expect(told).toHaveLength(2);
  expect(new Set(told.map(({ owner }) => owner?.reference))).toEqual(new Set([patientOf(3), therapistOf(3)]));

  // The second day: a therapist is away, and the day is held for their patient.
  world.goTo('2026-11-27', '16:00');
  await holdDay('records the second day; one therapist is away', plan, everybody.slice(0, 4), [
    therapistOf(2),
  ]);
  const days = await world.find<ServiceRequest>(`/ServiceRequest?subject=${patientOf(2)}`);
  expect(days.map(({ status }) => status)).toEqual(['completed', 'completed']);
  const held = await world.find<Encounter>(`/Encounter?subject=${patientOf(2)}&_sort=date`);
  expect(
    held.map(({ participant }) =>
      participant?.some(({ individual }) => individual?.reference === therapistOf(2)),
    ),
  ).toEqual([true, false]);
  expect((await world.find<CarePlan>(`/CarePlan?_id=${whole?.id}`))[0]?.status).toBe('completed');
  const steps = await world.find<Task>('/Task?code=next-step&status=requested');
  expect(steps.map((step) => `${step.for?.reference} ${step.owner?.reference}`).toSorted()).toEqual(
    [
      ...numbers.map((number) => `${patientOf(number)} ${therapistOf(number)}`),
      `${patientOf(3)} ${patientOf(3)}`,
    ].toSorted(),
  );
  // Nobody is left without a step; what the sweep asks for, here as after every course, is the letter to the general practitioner.
  world.goTo('2026-12-04', '05:00');
  expect(await world.runJob('sweep-dead-ends')).toMatchObject({ set: 3, failed: 0 });
  const letters = await world.find<Task>('/Task?code=closing-letter-due&status=requested');
  expect(letters.map(({ owner }) => owner?.reference)).toEqual(
    numbers.map(() => 'Practitioner/by-profession'),
  );

  // A page is seen by whoever wrote it and by nobody else, the other of the pair included.
  for (const [index, { subject, words }] of pages.entries()) {
    const path = written[index] ?? '';
    for (const who of ['gp', ...Object.keys(pairPeople)]) {
      const isWriter = who === nameOf(subject);
      const read = await world.ask(who, { method: 'GET', path });
      expect([who, path, read.status]).toEqual([who, path, isWriter ? 200 : 404]);
      const all = await world.ask(who, { method: 'GET', path: '/QuestionnaireResponse?_count=100' });
      expect([who, path, JSON.stringify(all.resource).includes(words)]).toEqual([who, path, isWriter]);
    }
  }
  golden('pair-course', {
    steps: world.steps,
    end: {
      one: await world.ending('therapist-1', [ownOf(1)], patientOf(1)),
      two: await world.ending('therapist-2', [ownOf(2)], patientOf(2)),
      'the pair that stopped': await world.ending('therapist-3', [ownOf(3)], patientOf(3)),
    },
    group: (await world.find<CarePlan>(`/CarePlan?subject=${group}`, 'by-profession')).map(
      ({ title, status }) => `${title}: ${status}`,
    ),
  });
}, 60_000);
