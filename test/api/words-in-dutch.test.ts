// What a course stores for people to read has beside it the Dutch that the content has, and keeps it as long as the words stay.
import type {
  Bundle,
  CarePlan,
  CareTeam,
  Composition,
  Encounter,
  Goal,
  Parameters,
  Patient,
  RequestGroup,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { saidIn } from '../../src/course/said.ts';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

const found = async <T extends Resource>(path: string): Promise<readonly T[]> => {
  const { entry = [] } = (await course.get(`/fhir/${path}`)).body as Bundle;
  return entry.map(({ resource }) => resource as T);
};
const dutch = (source: object, field: string) => saidIn(source, field)?.translations['nl'];
const sessions = async () => {
  const requests = await found<ServiceRequest>(
    `ServiceRequest?subject=${course.patient}&code=therapy-session&_count=50`,
  );
  return new Map(requests.map(({ code = {} }) => [code.text, dutch(code, 'text')]));
};
const order = async () => {
  const [group] = await found<RequestGroup>(
    `RequestGroup?subject=${course.patient}&status=active&intent=plan`,
  );
  return new Map((group?.action ?? []).map((action) => [action.title, dutch(action, 'title')]));
};

it('the team of a course, and who is in it', async () => {
  const [team] = await found<CareTeam>(`CareTeam?subject=${course.patient}`);
  expect(team && dutch(team, 'name')).toBe(
    'Team van het traject: Psychosomatische therapie in de eerste lijn',
  );
  const roles = team?.participant?.map(({ role }) => dutch(role?.[0] ?? {}, 'text'));
  expect(roles).toEqual(['Patiënt', 'Therapeut']);
});

it('a plan, its sessions and their order', async () => {
  const carePlan = (await course.get(`/fhir/CarePlan/${course.id}`)).body as CarePlan;
  expect(dutch(carePlan, 'title')).toBe('Psychosomatische therapie in de eerste lijn');
  expect([...(await sessions()).entries()]).toContainEqual(['First session', 'Eerste sessie']);
  expect([...(await order()).entries()]).toContainEqual(['First session', 'Eerste sessie']);
});

it('the Tasks for questionnaires', async () => {
  const tasks = await found<Task>(`Task?patient=${course.patient}&code=questionnaire-due`);
  expect(tasks.length).toBeGreaterThan(0);
  expect(tasks.filter((task) => dutch(task, 'description') === undefined)).toEqual([]);
});

const tailor = async (...edits: readonly (readonly object[])[]) => {
  const agreed = [
    { name: 'reason', valueCode: 'wish-of-the-person' },
    { name: 'agreed', valueBoolean: true },
  ];
  const answer = await course.post(
    `/fhir/CarePlan/${course.id}/$tailor`,
    edits.map((part) => ({ name: 'edit', part: [...part, ...agreed] })),
    { 'If-Match': await course.version() },
  );
  expect([answer.status, answer.body.issue]).toEqual([200, undefined]);
  return answer.body as Parameters;
};
const edit = (kind: string, session: string) => [
  { name: 'kind', valueCode: kind },
  { name: 'session', valueString: session },
];

it('a session that tailoring makes has a title in both languages, and a title that says a number says its own', async () => {
  course.service.clock.advance(60_000);
  const { parameter = [] } = await tailor(edit('repeat', '1'), [
    ...edit('split', '2'),
    { name: 'minutes', valueInteger: 20 },
    { name: 'secondMinutes', valueInteger: 25 },
  ]);
  const expected = [
    ['First session', 'Eerste sessie'],
    ['First session (again)', 'Eerste sessie (opnieuw)'],
    ['Session 3', 'Sessie 3'],
    ['Session 3, second part', 'Sessie 3, tweede deel'],
    ['Session 5', 'Sessie 5'],
    ['Session 6', 'Sessie 6'],
    ['Session 7', 'Sessie 7'],
    ['Session 8', 'Sessie 8'],
  ];
  expect([...(await order()).entries()]).toEqual(expected);
  expect(await sessions()).toEqual(new Map(expected as [string, string][]));
  const told = parameter
    .filter(({ name }) => name === 'session')
    .flatMap(({ part = [] }) => part.filter(({ name }) => name === 'title'))
    .map((title) => dutch(title, 'valueString'));
  expect(told).toEqual(expected.slice(1).map(([, title]) => title));
});

it('the reasons of a plan', async () => {
  const { extension = [] } = (await course.get(`/fhir/CarePlan/${course.id}`)).body as CarePlan;
  expect(extension.map((each) => dutch(each, 'valueString'))).toContain('De persoon heeft het liever anders');
});

it('a session that people name has their words only', async () => {
  await tailor([
    { name: 'kind', valueCode: 'add' },
    { name: 'title', valueString: 'To the lake' },
    { name: 'date', valueDate: '2099-12-01' },
  ]);
  expect((await order()).has('To the lake')).toBe(true);
  expect((await order()).get('To the lake')).toBeUndefined();
  expect((await sessions()).get('To the lake')).toBeUndefined();
});

it('sessions beyond the protocol, each by its own number', async () => {
  const patient = (await course.send('post', '/fhir/Patient', { resourceType: 'Patient' })).body as Patient;
  const begun = await course.post('/fhir/PlanDefinition/psychosomatic-therapy/$enroll', [
    { name: 'subject', valueString: `Patient/${patient.id}` },
    { name: 'careManager', valueString: course.therapist },
    { name: 'noReferralReason', valueString: 'Came directly' },
    { name: 'noBaselineReason', valueString: 'No time yet' },
    { name: 'goal', part: [{ name: 'text', valueString: 'Sleep through' }] },
    { name: 'sessions', valueInteger: 14 },
    { name: 'sessionsReason', valueString: 'More time is wanted' },
  ]);
  expect(begun.status).toBe(201);
  const requests = await found<ServiceRequest>(
    `ServiceRequest?subject=Patient/${patient.id}&code=therapy-session&_count=50`,
  );
  const titles = requests.map(({ code = {} }) => `${code.text}, ${dutch(code, 'text')}`);
  expect(titles.filter((title) => /1[234]/.test(title)).toSorted()).toEqual([
    'Session 12, Sessie 12',
    'Session 13, Sessie 13',
    'Session 14, Sessie 14',
  ]);
});

it('where plan and protocol differ, with the reasons that were given', async () => {
  const { parameter = [] } = (await course.get(`/fhir/CarePlan/${course.id}/$deviations`)).body as Parameters;
  const again = parameter.find(({ part }) =>
    part?.some(({ valueString }) => valueString === 'First session (again)'),
  )?.part;
  const title = again?.find(({ name }) => name === 'title') ?? {};
  expect(dutch(title, 'valueString')).toBe('Eerste sessie (opnieuw)');
  const difference = again?.find(({ name }) => name === 'difference')?.part ?? [];
  const text = difference.find(({ name }) => name === 'text') ?? {};
  expect(saidIn(text, 'valueString')).toEqual({
    text: '"First session (again)" is not in the protocol.',
    translations: { nl: '"Eerste sessie (opnieuw)" staat niet in het protocol.' },
  });
  const reason = difference.find(({ name }) => name === 'reason')?.valueCodeableConcept?.coding?.[0];
  expect(saidIn(reason ?? {}, 'display')).toEqual({
    text: 'The person prefers it otherwise',
    translations: { nl: 'De persoon heeft het liever anders' },
  });
  const texts = parameter
    .flatMap(({ name, part = [] }) => (name === 'difference' ? [{ name, part }] : part))
    .flatMap(({ name, part = [] }) => (name === 'difference' ? part : []))
    .filter(({ name }) => name === 'text');
  expect(texts.length).toBeGreaterThan(3);
  expect(texts.filter((each) => dutch(each, 'valueString') === undefined)).toEqual([]);
});

it('the Task of an answer that calls somebody in', async () => {
  const said = await course.send('post', '/fhir/Observation', {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '44260-8' }] },
    subject: { reference: course.patient },
    effectiveDateTime: new Date(course.service.clock.now()).toISOString(),
    valueInteger: 1,
  });
  expect(said.status).toBe(201);
  const [task] = (await found<Task>(`Task?patient=${course.patient}&status=requested&priority=asap`)) ?? [];
  expect(task && dutch(task, 'description')).toBe('Vandaag praten: na een antwoord over zelfbeschadiging');
});

describe('what comes next', () => {
  const next = async (authorization?: string) => {
    const { parameter = [] } = (await course.get(`/fhir/CarePlan/${course.id}/$course`, authorization))
      .body as Parameters;
    const part = parameter.find(({ name }) => name === 'next')?.part ?? [];
    const text = part.find(({ name }) => name === 'text') ?? {};
    return {
      text: saidIn(text, 'valueString')?.text,
      dutch: dutch(text, 'valueString'),
      owner: part.find(({ name }) => name === 'owner')?.valueReference?.reference,
      due: part.find(({ name }) => name === 'due')?.valueDate,
    };
  };

  it('is said in both languages, with the title of the session in each', async () => {
    expect(await next()).toMatchObject({ text: 'Next: First session.', dutch: 'Hierna: Eerste sessie.' });
  });

  it('of a pause has its day, and is said to the person in other words than to whoever leads', async () => {
    const paused = await course.post(
      `/fhir/CarePlan/${course.id}/$pause`,
      [
        { name: 'until', valueDate: '2099-01-04' },
        { name: 'reason', valueCode: 'life-event' },
        { name: 'agreed', valueBoolean: true },
      ],
      { 'If-Match': await course.version() },
    );
    expect([paused.status, paused.body.issue]).toEqual([200, undefined]);
    expect(await next()).toEqual({
      text: 'The course is paused. Agree with the patient when it goes on.',
      dutch: 'Het traject is gepauzeerd. Spreek met de patiënt af wanneer het verdergaat.',
      owner: course.therapist,
      due: '2099-01-04',
    });
    const person = await course.service.makeBearer('patient', course.patient);
    expect(await next(person)).toEqual({
      text: 'Your course is paused. You agree together when and how it goes on.',
      dutch: 'Uw traject is gepauzeerd. U spreekt samen af wanneer en hoe het verdergaat.',
      owner: course.therapist,
      due: '2099-01-04',
    });
    const [review] = await found<Task>(`Task?focus=CarePlan/${course.id}&code=next-step`);
    expect(review && dutch(review, 'description')).toBe(
      'Het traject is gepauzeerd. Vraag de patiënt hoe het nu gaat, en spreek samen af wanneer en hoe het verdergaat.',
    );
  });
});

describe('the closing letter', () => {
  const letterIn = async (languages?: string) => {
    const asked = course.get(`/fhir/CarePlan/${course.id}/$closing-letter`);
    const answer = await (languages === undefined ? asked : asked.set('Accept-Language', languages));
    expect([answer.status, answer.headers['vary']]).toEqual([200, 'Authorization, Accept, Accept-Language']);
    return answer.body as Composition;
  };
  const paragraphs = ({ section = [] }: Composition) =>
    section.map(({ title, text }) => [
      title,
      ...(text?.div ?? '').split(/<[^>]+>/).filter((part) => part !== ''),
    ]);
  const english = [
    ['What we did', 'No session has been recorded yet.'],
    ['Where goals and scores stand', '&quot;Walk to the lake&quot;: not looked back on yet.'],
    [
      'What comes next',
      'The general practitioner and the person talk about what the course brought and what follows. Who stays responsible, and when you are in touch: to be written with the person.',
    ],
  ];

  it.each([undefined, '*', 'en-GB,nl;q=0.5', 'fr', 'nl;q=0', 'nl;q=often', ';;,'])(
    'is in English for Accept-Language: %s',
    async (languages) => {
      const letter = await letterIn(languages);
      expect([letter.language, letter.title]).toEqual([
        'en',
        'Letter at the end of: Psychosomatic therapy in primary care',
      ]);
      expect(paragraphs(letter)).toEqual(english);
    },
  );

  it.each(['nl', 'nl-BE', 'de, nl;q=0.7, en;q=0.5', 'NL'])(
    'is wholly in Dutch for Accept-Language: %s',
    async (languages) => {
      const letter = await letterIn(languages);
      expect([letter.language, letter.title]).toEqual([
        'nl',
        'Brief aan het einde van: Psychosomatische therapie in de eerste lijn',
      ]);
      expect(paragraphs(letter)).toEqual([
        ['Wat we hebben gedaan', 'Er is nog geen sessie vastgelegd.'],
        ['Hoe het staat met doelen en scores', '&quot;Walk to the lake&quot;: nog niet op teruggekeken.'],
        [
          'Wat hierna komt',
          'De huisarts en de persoon praten over wat het traject heeft gebracht en wat er volgt. Wie verantwoordelijk blijft, en wanneer u contact hebt: samen met de persoon op te schrijven.',
        ],
      ]);
      const stored = await course.send('post', '/fhir/Composition', letter);
      expect([stored.status, stored.body.language]).toEqual([201, 'nl']);
    },
  );

  it('is in the language that a batch asks for', async () => {
    const batch = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [{ request: { method: 'GET', url: `CarePlan/${course.id}/$closing-letter` } }],
    };
    const answer = await course.send('post', '/fhir', batch, { 'Accept-Language': 'nl' });
    const [entry] = (answer.body as Bundle<Composition>).entry ?? [];
    expect(entry?.resource?.language).toBe('nl');
  });

  it('has what was done, goals and scores in Dutch too', async () => {
    const day = new Date(course.service.clock.now()).toISOString();
    const resumed = await course.post(
      `/fhir/CarePlan/${course.id}/$resume`,
      [
        { name: 'reason', valueCode: 'life-event' },
        { name: 'agreed', valueBoolean: true },
      ],
      { 'If-Match': await course.version() },
    );
    expect(resumed.status).toBe(200);
    const [goal] = await found<Goal>(`Goal?patient=${course.patient}`);
    const held = await course.post(
      `/fhir/CarePlan/${course.id}/$session-complete`,
      [
        { name: 'start', valueDateTime: day },
        { name: 'minutes', valueInteger: 45 },
        { name: 'performer', valueReference: { reference: course.therapist } },
        { name: 'discovered', valueString: 'Rest helps' },
        {
          name: 'element',
          part: [
            { name: 'code', valueString: 'education' },
            { name: 'minutes', valueInteger: 20 },
          ],
        },
        {
          name: 'goalProgress',
          part: [
            { name: 'goal', valueReference: { reference: `Goal/${goal?.id}` } },
            { name: 'gas', valueInteger: -1 },
          ],
        },
      ],
      { 'If-Match': await course.version() },
    );
    expect([held.status, held.body.issue]).toEqual([201, undefined]);
    expect(paragraphs(await letterIn('nl')).slice(0, 2)).toEqual([
      ['Wat we hebben gedaan', '1 sessie, 45 minuten samen.', 'Psychosomatische educatie: 20 minuten.'],
      ['Hoe het staat met doelen en scores', '&quot;Walk to the lake&quot;: minder dan verwacht.'],
    ]);
  });
});

it('the record of a session, with its headings', async () => {
  const [encounter] = await found<Encounter>(`Encounter?subject=${course.patient}&status=finished`);
  expect(saidIn(encounter?.type?.[0] ?? {}, 'text')).toEqual({
    text: 'First session',
    translations: { nl: 'Eerste sessie' },
  });
  const [note] = await found<Composition>(`Composition?subject=${course.patient}&type=11506-3`);
  expect([note, ...(note?.section ?? [])].map((each) => saidIn(each ?? {}, 'title'))).toEqual([
    { text: 'Session note: First session', translations: { nl: 'Aantekening van de sessie: Eerste sessie' } },
    { text: 'What was discovered', translations: { nl: 'Wat er is ontdekt' } },
    { text: 'Work done', translations: { nl: 'Wat er is gedaan' } },
    {
      text: 'Goals and what to try at home',
      translations: { nl: 'Doelen en wat thuis te proberen' },
    },
  ]);
  const { parameter = [] } = (await course.get(`/fhir/CarePlan/${course.id}/$session-brief`))
    .body as Parameters;
  const section = parameter
    .find(({ name }) => name === 'lastSession')
    ?.part?.find(({ name }) => name === 'note')
    ?.part?.find(({ name }) => name === 'section')?.part?.[0];
  expect(dutch(section ?? {}, 'valueString')).toBe('Wat er is ontdekt');
});

it('what ends with a course says why, to the person whose it is', async () => {
  const plan = (await course.get(`/fhir/CarePlan/${course.id}`)).body as CarePlan;
  const reason = {
    url: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
    valueCodeableConcept: { text: 'Moves abroad' },
  };
  const ended = await course.send(
    'put',
    `/fhir/CarePlan/${course.id}`,
    { ...plan, status: 'revoked', extension: [...(plan.extension ?? []), reason] },
    { 'If-Match': await course.version() },
  );
  expect([ended.status, ended.body.issue]).toEqual([200, undefined]);
  const [goal] = await found<Goal>(`Goal?patient=${course.patient}`);
  expect(goal && dutch(goal, 'statusReason')).toBe(
    'Het traject waarin aan dit doel is gewerkt, is afgelopen. Het doel blijft van u; of en hoe het verdergaat, wordt bij de volgende stap met u besproken.',
  );
  const withdrawn = (await found<Task>(`Task?patient=${course.patient}&status=cancelled`)).map(
    ({ statusReason = {} }) => dutch(statusReason, 'text'),
  );
  expect(withdrawn).toContain('Het traject is afgelopen');
  expect(withdrawn).not.toContain(undefined);
});
