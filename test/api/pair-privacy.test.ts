// What a course for pairs shows to whom, walked over HTTP: the pages that a patient and a therapist write for themselves are theirs
// alone, alike, and what a therapist is asked to do is in no patient's record.
import type { Bundle, QuestionnaireResponse, Task } from '@medplum/fhirtypes';
import { addPairs, numbers, pairsCall, pairTokens } from '../support/pairs-over-http.ts';
import { entries, type PeopleOverHttp, parameters, startPeople, to } from '../support/people-over-http.ts';
import type { TestService } from '../support/test-system.ts';

const pages = {
  patient1: { subject: 'Patient/patient-1', words: 'the lake in the evening' },
  therapist1: { subject: 'Practitioner/therapist-1', words: 'a hard winter of my own' },
} as const;
type Writer = keyof typeof pages;

let people: PeopleOverHttp;
let service: TestService;
const written = new Map<Writer, string>();
let planId: string;
let groupId: string;

const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);
const search = (query: string, who: string) => people.search(query, who);
const exported = (path: string) => people.exported(path);
const roleOf = (subject: string) => (subject.startsWith('Patient/') ? 'patient' : 'therapist');
const answers = (subject: string, form: string, item: readonly object[]): object => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: `https://w3id.org/alongside/fhir/Questionnaire/${form}|1.0.0`,
  status: 'completed',
  subject: { reference: subject },
  author: { reference: subject },
  authored: '2026-11-20T08:00:00Z',
  item: [
    {
      linkId: 'role',
      answer: [
        {
          valueCoding: {
            system: 'https://w3id.org/alongside/fhir/CodeSystem/joint-course-role',
            code: roleOf(subject),
            display: roleOf(subject) === 'patient' ? 'Patient' : 'Therapist',
          },
        },
      ],
    },
    ...item,
  ],
});
const mark = {
  url: 'https://w3id.org/alongside/fhir/StructureDefinition/patient-only',
  valueBoolean: true,
};
const page = (subject: string, words: string): object => ({
  ...answers(subject, 'joint-course-preparation', [{ linkId: 'helped', answer: [{ valueString: words }] }]),
  ...(roleOf(subject) === 'patient' && { extension: [mark] }),
});
const agreed = (subject: string): object => {
  const yes = [{ valueBoolean: true }];
  return answers(subject, 'joint-course-agreement', [
    { linkId: 'confidentiality', item: [{ linkId: 'keeps-confidence', answer: yes }] },
    { linkId: 'freedom', item: [{ linkId: 'knows-may-stop', answer: yes }] },
    { linkId: `${roleOf(subject)}-agrees`, answer: yes },
  ]);
};

beforeAll(async () => {
  people = await startPeople(pairTokens);
  service = people.service;
  await addPairs(people);
  const begun = await send('post', 'PlanDefinition/joint-course/$start-pairs', 'firstInstructor', pairsCall, {
    'Idempotency-Key': 'begin',
  });
  expect([begun.status, begun.body.issue]).toEqual([201, undefined]);
  const [plan] = entries(begun.body as Bundle);
  if (plan?.resourceType !== 'CarePlan') throw new Error('no plan');
  planId = plan.id ?? '';
  groupId = plan.subject.reference?.split('/')[1] ?? '';
  for (const who of ['patient1', 'therapist1'] as const) {
    const { subject, words } = pages[who];
    const sent = await send('post', 'QuestionnaireResponse', who, page(subject, words));
    expect([who, sent.status, sent.body.issue]).toEqual([who, 201, undefined]);
    written.set(who, String(sent.body.id));
  }
}, 60_000);
afterAll(() => service.stop());

it('begins once under an Idempotency-Key', async () => {
  const again = await send('post', 'PlanDefinition/joint-course/$start-pairs', 'firstInstructor', pairsCall, {
    'Idempotency-Key': 'begin',
  });
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
});

it.each(['gp', 'patient1'])('is not begun by %s', async (who) => {
  const refused = await send('post', 'PlanDefinition/joint-course/$start-pairs', who, pairsCall);
  expect(refused.status).toBe(403);
});

it('tells, when it begins, nothing of what the therapists have to do', async () => {
  const begun = await send('post', 'PlanDefinition/joint-course/$start-pairs', 'firstInstructor', pairsCall, {
    'Idempotency-Key': 'begin',
  });
  const types = new Set(entries(begun.body as Bundle).map(({ resourceType }) => resourceType));
  expect(types).toEqual(new Set(['CarePlan', 'CareTeam', 'RequestGroup', 'ServiceRequest', 'Appointment']));
});

describe.each(Object.keys(pages) as Writer[])('the page that %s wrote', (writer) => {
  const { subject, words } = pages[writer];
  const others = [
    'firstInstructor',
    'secondInstructor',
    'gp',
    'elsewhere',
    'integrator',
    ...numbers.flatMap((number) => [`patient${number}`, `therapist${number}`]),
  ].filter((who) => who !== writer);

  it('is there for its writer: read, versions, search', async () => {
    const id = written.get(writer);
    for (const path of [
      `QuestionnaireResponse/${id}`,
      `QuestionnaireResponse/${id}/_history/1`,
      `QuestionnaireResponse/${id}/_history`,
      `QuestionnaireResponse?subject=${subject}`,
      `QuestionnaireResponse?author=${subject}`,
      'QuestionnaireResponse',
      'QuestionnaireResponse/_history',
    ]) {
      const answer = await send('get', path, writer);
      expect([path, answer.status, JSON.stringify(answer.body).includes(words)]).toEqual([path, 200, true]);
    }
  });

  it.each(others)(
    'is not there for %s: read, versions, history, search, includes, chains, the record, the audit trail',
    async (who) => {
      const id = written.get(writer) ?? '';
      for (const path of ['', '/_history/1', '/_history']) {
        expect([path, (await send('get', `QuestionnaireResponse/${id}${path}`, who)).status]).toEqual([
          path,
          404,
        ]);
      }
      for (const query of [
        'QuestionnaireResponse?_count=200&_total=accurate',
        `QuestionnaireResponse?subject=${subject}&_summary=count`,
        `QuestionnaireResponse?author=${subject}`,
        `QuestionnaireResponse?_id=${id}`,
        'QuestionnaireResponse?questionnaire=https://w3id.org/alongside/fhir/Questionnaire/joint-course-preparation|1.0.0',
        `Practitioner?_id=therapist-1&_revinclude=QuestionnaireResponse:author&_revinclude=QuestionnaireResponse:subject`,
        `Patient?_id=patient-1&_revinclude=QuestionnaireResponse:subject`,
        'Practitioner?_has:QuestionnaireResponse:author:status=completed',
        'QuestionnaireResponse/_history?_count=200',
        '_history?_count=200&_type=QuestionnaireResponse',
        'Patient/patient-1/$everything?_count=500',
        'CarePlan?_include=*&_count=200',
        'AuditEvent?_count=200',
      ]) {
        const answer = await send('get', query, who);
        const text = JSON.stringify(answer.body);
        expect([
          query,
          answer.status < 500,
          text.includes(`QuestionnaireResponse/${id}`),
          text.includes(words),
        ]).toEqual([query, true, false, false]);
        if (query.includes('_summary')) expect([query, answer.body.total ?? 0]).toEqual([query, 0]);
      }
    },
  );

  it('is changed and deleted by nobody else, and in no export', async () => {
    const id = written.get(writer) ?? '';
    for (const who of others) {
      const put = await send(
        'put',
        `QuestionnaireResponse/${id}`,
        who,
        { ...page(subject, 'other words'), id },
        { 'If-Match': 'W/"1"' },
      );
      const deleted = await send('delete', `QuestionnaireResponse/${id}`, who);
      expect([who, put.status >= 400, deleted.status >= 400]).toEqual([who, true, true]);
      expect(JSON.stringify([put.body, deleted.body])).not.toContain(words);
    }
    service.clock.advance(1000);
    for (const path of ['$export', 'Patient/$export', `Group/${groupId}/$export`]) {
      const text = await exported(`${path}?_type=QuestionnaireResponse,CarePlan,Task`);
      expect([path, text.includes(words), text.includes(id), text.includes('patient-1')]).toEqual([
        path,
        false,
        false,
        true,
      ]);
      expect([path, text.includes('"for":{"reference":"Practitioner/')]).toEqual([path, false]);
    }
  });
});

describe('what a therapist is asked to do', () => {
  it('is there for the therapist, who says how it goes, and for nobody else', async () => {
    const own = (await search('Task?_count=50', 'therapist1')).filter(
      (each): each is Task =>
        each.resourceType === 'Task' && each.for?.reference === 'Practitioner/therapist-1',
    );
    expect(own.map(({ description, status }) => [description, status])).toEqual(
      expect.arrayContaining([
        ['Agreement, side of therapist', 'requested'],
        ['Something to prepare, for both', 'requested'],
        ['Page to prepare, side of therapist', 'requested'],
      ]),
    );
    const [task] = own;
    for (const who of ['firstInstructor', 'gp', 'therapist2', 'patient1', 'integrator']) {
      expect([who, (await send('get', `Task/${task?.id}`, who)).status]).toEqual([who, 404]);
      for (const query of ['Task?_count=200', 'Task?owner=Practitioner/therapist-1', 'Task/_history']) {
        const text = JSON.stringify((await send('get', query, who)).body);
        expect([who, query, text.includes('"for":{"reference":"Practitioner/therapist-1"')]).toEqual([
          who,
          query,
          false,
        ]);
      }
    }
    const begun = await send(
      'put',
      `Task/${task?.id}`,
      'therapist1',
      { ...task, status: 'in-progress' },
      { 'If-Match': 'W/"1"' },
    );
    expect([begun.status, begun.body.status]).toEqual([200, 'in-progress']);
  });

  it('does not come to be about somebody else, and does not name a patient', async () => {
    const [task] = (await search('Task?_count=50', 'therapist1')).filter(
      (each) => each.resourceType === 'Task' && each.for?.reference === 'Practitioner/therapist-1',
    );
    const put = async (changes: object) => {
      const version = `W/"${task?.meta?.versionId}"`;
      const answer = await send(
        'put',
        `Task/${task?.id}`,
        'therapist1',
        { ...task, ...changes },
        { 'If-Match': version },
      );
      return [answer.status, answer.body.issue?.[0]?.diagnostics];
    };
    expect(await put({ for: { reference: 'Patient/patient-1' } })).toEqual([
      422,
      'An update may not change whose own it is. Mark this one entered-in-error and create a new one.',
    ]);
    expect(await put({ focus: { reference: 'Patient/patient-1' } })).toEqual([
      422,
      "What is a practitioner's own refers to no patient.",
    ]);
  });

  it('hides nothing of a patient, whatever the address by which it would be a practitioner’s own', async () => {
    const patient = { reference: 'Patient/patient-1' };
    const elsewhere = { reference: 'https://example.org/fhir/Practitioner/9' };
    const asked = { resourceType: 'Task', status: 'requested', intent: 'order', code: { text: 'Call' } };
    const made = await send('post', 'Task', 'gp', { ...asked, for: patient });
    expect([made.status, made.body.issue]).toEqual([201, undefined]);
    const hidden = { ...(made.body as object), for: elsewhere, focus: patient };
    const put = await send('put', `Task/${made.body.id}`, 'therapist1', hidden);
    expect([put.status, put.body.issue?.[0]?.diagnostics]).toEqual([
      422,
      'An update may not change whose own it is. Mark this one entered-in-error and create a new one.',
    ]);
    const posted = await send('post', 'Task', 'therapist1', { ...asked, for: elsewhere, focus: patient });
    expect([posted.status, posted.body.issue?.[0]?.diagnostics]).toEqual([
      403,
      'What is about a practitioner is theirs: send answers about yourself (Practitioner/therapist-1), by yourself, that refer to no patient.',
    ]);
    expect((await send('get', `Task/${made.body.id}`, 'gp')).status).toBe(200);
  });
});

describe('answers about a therapist', () => {
  const about = page('Practitioner/therapist-1', 'words');
  const refusal = (self: string) =>
    `What is about a practitioner is theirs: send answers about yourself (${self}), by yourself, that refer to no patient.`;

  it.each([
    [
      'another therapist',
      'therapist2',
      about,
      'Answers that are for the person alone are sent by the person.',
    ],
    ['the patient', 'patient1', about, refusal('Patient/patient-1')],
    [
      'the therapist in the name of the patient',
      'therapist1',
      { ...about, author: { reference: 'Patient/patient-1' } },
      refusal('Practitioner/therapist-1'),
    ],
    [
      'the therapist with something of a patient in it',
      'therapist1',
      {
        ...about,
        extension: [{ url: 'https://example.org/about', valueReference: { reference: 'Patient/patient-1' } }],
      },
      refusal('Practitioner/therapist-1'),
    ],
  ])('are not sent by %s', async (_, who, body, diagnostics) => {
    const sent = await send('post', 'QuestionnaireResponse', who, body);
    expect([sent.status, sent.body.issue[0].diagnostics]).toEqual([403, diagnostics]);
    const kept = await search('QuestionnaireResponse?_count=50', 'therapist1');
    expect(JSON.stringify(kept)).not.toContain('"valueString":"words"');
  });

  it('are corrected by the therapist', async () => {
    const id = written.get('therapist1') ?? '';
    const corrected = {
      ...(page('Practitioner/therapist-1', 'a hard winter of my own, and a spring') as QuestionnaireResponse),
      id,
      status: 'amended',
    };
    const answer = await send('put', `QuestionnaireResponse/${id}`, 'therapist1', corrected, {
      'If-Match': 'W/"1"',
    });
    expect([answer.status, answer.body.issue]).toEqual([200, undefined]);
    const versions = await send('get', `QuestionnaireResponse/${id}/_history`, 'therapist1');
    expect(versions.body.total).toBe(2);
    expect((await send('get', `QuestionnaireResponse/${id}/_history/1`, 'firstInstructor')).status).toBe(404);
  });
});

it('no Task tells of answers that a patient keeps, whatever the form', async () => {
  const kept = await send('post', 'QuestionnaireResponse', 'patient3', {
    ...agreed('Patient/patient-3'),
    extension: [mark],
  });
  expect([kept.status, kept.body.issue]).toEqual([201, undefined]);
  const tasks = await send('get', 'Task?patient=Patient/patient-3&_count=200', 'firstInstructor');
  expect([tasks.status, tasks.text.includes(String(kept.body.id))]).toEqual([200, false]);
});

it('a day is recorded once all have agreed, and the instructors see who must still, not what they said', async () => {
  const everybody = numbers.flatMap((number) => [`patient${number}`, `therapist${number}`]);
  const attendance = everybody.map((who) => ({
    name: 'attendance',
    part: [to('member', pairTokens[who]?.[1] ?? ''), { name: 'presence', valueCode: 'present' }],
  }));
  const body = parameters({ name: 'minutes', valueInteger: 300 }, ...attendance);
  const record = (headers: Readonly<Record<string, string>>) =>
    send('post', `CarePlan/${planId}/$group-day-complete`, 'secondInstructor', body, headers);
  expect((await record({})).status).toBe(428);
  for (const who of everybody.filter((each) => each !== 'therapist2')) {
    const sent = await send('post', 'QuestionnaireResponse', who, agreed(pairTokens[who]?.[1] ?? ''));
    expect([who, sent.status, sent.body.issue]).toEqual([who, 201, undefined]);
  }
  const early = await record({ 'If-Match': 'W/"1"' });
  expect([early.status, early.body.issue]).toEqual([
    422,
    [
      {
        severity: 'error',
        code: 'business-rule',
        diagnostics:
          'before a day of the course everybody agrees to what stays among them: Practitioner/therapist-2 has not sent a completed https://w3id.org/alongside/fhir/Questionnaire/joint-course-agreement|1.0.0 that says yes',
        expression: ['Parameters.parameter'],
      },
    ],
  ]);
  await send('post', 'QuestionnaireResponse', 'therapist2', agreed('Practitioner/therapist-2'));
  const held = await record({ 'If-Match': 'W/"1"', 'Idempotency-Key': 'day-1' });
  expect([held.status, held.body.issue]).toEqual([201, undefined]);
  const again = await record({ 'If-Match': 'W/"1"', 'Idempotency-Key': 'day-1' });
  expect(again.headers['idempotency-replayed']).toBe('true');
});

it('a pair sees its own part of the course and nobody else’s', async () => {
  for (const who of ['patient2', 'therapist2']) {
    for (const query of [
      'CarePlan?_count=50',
      'CareTeam?_count=50&_include=CareTeam:participant',
      'Appointment?_count=50',
      'Encounter?_count=50',
      'Task?_count=50',
      'Observation?_count=50',
      '_history?_count=500',
    ]) {
      const found = entries((await send('get', query, who)).body as Bundle);
      // The directory of practitioners is open to all.
      const text = JSON.stringify(found.filter(({ resourceType }) => resourceType !== 'Practitioner'));
      for (const other of [1, 3]) {
        expect([who, query, text.includes(`Patient/patient-${other}"`)]).toEqual([who, query, false]);
        expect([who, query, text.includes(`"Practitioner/therapist-${other}"`)]).toEqual([who, query, false]);
      }
    }
  }
  expect((await send('get', `CarePlan/${planId}`, 'therapist1')).status).toBe(404);
});
