// Observation/$lastn and Patient/$everything, and what a patient, a clinician and a stranger see by them.
import type {
  Bundle,
  Coding,
  OperationOutcomeIssue,
  ParametersParameter,
  Resource,
} from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
let gp: string;
let therapist: string;
let foreignGp: string;
let anna: string;

const survey = 'http://terminology.hl7.org/CodeSystem/observation-category|survey';
const observation = (id: string, day: string, codes: readonly string[], more: object = {}) => ({
  resourceType: 'Observation' as const,
  id,
  status: 'final',
  category: [{ coding: [{ system: survey.split('|')[0], code: 'survey' }] }],
  code:
    codes.length > 0
      ? { coding: codes.map((code) => ({ system: 'https://example.org/scores', code })) }
      : { text: 'in words' },
  subject: { reference: 'Patient/anna' },
  effectiveDateTime: day,
  performer: [{ reference: 'Practitioner/therapist' }],
  ...more,
});

const world = [
  { resourceType: 'Practitioner', id: 'gp' },
  { resourceType: 'Practitioner', id: 'therapist' },
  { resourceType: 'Practitioner', id: 'stranger' },
  { resourceType: 'Organization', id: 'practice', name: 'Invented practice' },
  {
    resourceType: 'Patient',
    id: 'anna',
    generalPractitioner: [{ reference: 'Practitioner/gp' }],
    managingOrganization: { reference: 'Organization/practice' },
  },
  { resourceType: 'Patient', id: 'bert' },
  {
    resourceType: 'CareTeam',
    id: 'team',
    status: 'active',
    subject: { reference: 'Patient/anna' },
    participant: [{ member: { reference: 'Practitioner/therapist' } }],
  },
  observation('a-1', '2026-01-01', ['a']),
  observation('a-2', '2026-02-01', ['a', 'a-too']),
  observation('a-3', '2026-03-01', ['a-too']),
  observation('b-1', '2026-01-15', ['b']),
  observation('b-wrong', '2026-05-01', ['b'], { status: 'entered-in-error' }),
  observation('words-1', '2026-01-10', []),
  observation('words-2', '2026-01-11', []),
  observation('of-bert', '2026-04-01', ['a'], { subject: { reference: 'Patient/bert' } }),
  {
    resourceType: 'Composition',
    id: 'note',
    status: 'final',
    type: { text: 'session note' },
    subject: { reference: 'Patient/anna' },
    date: '2026-02-01',
    author: [{ reference: 'Practitioner/therapist' }],
    title: 'Session',
  },
];

beforeAll(async () => {
  service = await startTestService();
  gp = await service.makeBearer('gp', 'Practitioner/gp');
  therapist = await service.makeBearer('therapist', 'Practitioner/therapist');
  foreignGp = await service.makeBearer('gp', 'Practitioner/stranger');
  anna = await service.makeBearer('patient', 'Patient/anna');
  for (const resource of world) {
    const answer = await request(service.url)
      .put(`/fhir/${resource.resourceType}/${resource.id}`)
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send(JSON.stringify(resource));
    expect([resource.id, answer.status]).toEqual([resource.id, 201]);
  }
});
afterAll(() => service.stop());

async function get(
  address: string,
  bearer: string,
): Promise<{ readonly status: number; readonly body: Bundle }> {
  const answer = await request(service.url).get(address).set('Authorization', bearer);
  expect(service.problemsOf(answer.body as Resource)).toEqual([]);
  return { status: answer.status, body: answer.body as Bundle };
}
const idsOf = ({ entry }: Bundle) => (entry ?? []).map(({ resource }) => resource?.id);
const refusalOf = ({ status, body }: { readonly status: number; readonly body: unknown }) => [
  status,
  (body as { issue?: OperationOutcomeIssue[] }).issue?.[0]?.diagnostics,
];
describe('Observation/$lastn', () => {
  const ask = (query: string, bearer = gp) => get(`/fhir/Observation/$lastn?${query}`, bearer);

  it('gives the newest of each kind, newest first; a shared coding makes one kind', async () => {
    const { body } = await ask(`patient=anna&category=${survey}`);
    expect(idsOf(body)).toEqual(['a-3', 'b-1', 'words-2']);
    expect(body).toMatchObject({ type: 'searchset', total: 3 });
    expect(body.entry?.[0]).toMatchObject({
      fullUrl: 'http://alongside.example/fhir/Observation/a-3',
      search: { mode: 'match' },
    });
    expect(body.link?.[0]?.url).toContain('http://alongside.example/fhir/Observation/$lastn?max=1&');
  });

  it('gives as many of each kind as asked for, without what was entered in error', async () => {
    expect(idsOf((await ask(`subject=Patient/anna&category=${survey}&max=2`)).body)).toEqual([
      'a-3',
      'a-2',
      'b-1',
      'words-2',
      'words-1',
    ]);
    expect(idsOf((await ask('patient=anna&code=b&max=9')).body)).toEqual(['b-1']);
    expect(idsOf((await ask('patient=Patient/anna&code=https://example.org/scores|a')).body)).toEqual([
      'a-2',
    ]);
    expect(idsOf((await ask('patient=anna&code=a,b')).body)).toEqual(['a-2', 'b-1']);
    // Any code of a system is not one kind.
    expect(idsOf((await ask('patient=anna&code=https://example.org/scores|')).body)).toEqual(['a-3', 'b-1']);
    expect(idsOf((await ask('patient=anna&code=a&max=5&date=lt2026-02-01')).body)).toEqual(['a-1']);
  });

  const post = async (...criteria: readonly ParametersParameter[]) => {
    const parameter = [
      { name: 'patient', valueReference: { reference: 'Patient/anna' } },
      { name: 'max', valueInteger: 2 },
      ...criteria,
    ];
    const answer = await request(service.url)
      .post('/fhir/Observation/$lastn')
      .set('Authorization', gp)
      .set('Content-Type', 'application/fhir+json')
      .send(JSON.stringify({ resourceType: 'Parameters', parameter }));
    return { status: answer.status, body: answer.body as Bundle };
  };

  it('is the same by POST', async () => {
    expect(idsOf((await post({ name: 'code', valueString: 'a' })).body)).toEqual(['a-2', 'a-1']);
  });

  it('keeps to the system of a Coding, and takes any coding of a CodeableConcept', async () => {
    const [system, other] = ['https://example.org/scores', 'https://example.org/other-scores'];
    const coded = (name: string, ...coding: readonly Coding[]) => ({
      name,
      valueCodeableConcept: { coding: [...coding] },
    });
    const asked = async (...criteria: readonly ParametersParameter[]) =>
      idsOf((await post(...criteria)).body);
    expect(await asked({ name: 'code', valueCoding: { system, code: 'a' } })).toEqual(['a-2', 'a-1']);
    expect(await asked({ name: 'code', valueCoding: { system: other, code: 'a' } })).toEqual([]);
    expect(await asked({ name: 'code', valueCoding: { code: 'a' } })).toEqual(['a-2', 'a-1']);
    expect(await asked(coded('code', { system: other, code: 'a' }, { system, code: 'b' }))).toEqual(['b-1']);
    expect(await asked(coded('category', { system: 'https://example.org/x', code: 'survey' }))).toEqual([]);
    const odd = { system, code: 'a,https://example.org/scores|b' };
    expect(await asked({ name: 'code', valueCoding: odd })).toEqual([]);
    for (const wrong of [
      { name: 'code', valueCodeableConcept: { text: 'a' } },
      { name: 'code', valueCoding: { display: 'a' } },
    ]) {
      expect(refusalOf(await post(wrong))).toEqual([
        400,
        '"code" is a code, with its system or without: a text such as "system|code", a Coding or a CodeableConcept',
      ]);
    }
  });

  it('is about one person: of two it would show the newest of either', async () => {
    const one = '"patient" names one person: ask about each by itself';
    expect(refusalOf(await ask('patient=anna,bert&code=a'))).toEqual([400, one]);
    expect(refusalOf(await ask('subject=Patient/anna,Patient/bert&code=a'))).toEqual([
      400,
      one.replace('patient', 'subject'),
    ]);
    expect(refusalOf(await ask('patient=anna&patient=bert&code=a'))).toEqual([
      400,
      '"patient" may be given once only',
    ]);
  });

  it('shows nothing of people out of reach, in the words for nobody', async () => {
    for (const [bearer, patient] of [
      [foreignGp, 'anna'],
      [anna, 'bert'],
      [gp, 'nobody'],
    ] as const) {
      const { status, body } = await ask(`patient=${patient}&code=a`, bearer);
      expect([status, body.total, body.entry]).toEqual([200, 0, undefined]);
    }
    expect(idsOf((await ask('patient=anna&code=a', anna)).body)).toEqual(['a-2']);
    const manager = await service.makeBearer('manager');
    expect((await ask('patient=anna&code=a', manager)).status).toBe(403);
  });

  it.each([
    ['code=a', '"patient" or "subject" is needed: whose observations'],
    ['patient=anna', '"category" or "code" is needed: which observations'],
    ['patient=anna&code=a&max=0', '"max" is a whole number from 1 to 100'],
    ['patient=anna&code=a&max=101', '"max" is a whole number from 1 to 100'],
    ['patient=anna&code=a&max=x', '"max" is a number'],
    ['patient=anna&code=a&_count=3', undefined],
    ['patient=anna&code=a&date=soon', undefined],
    ['patient=anna&code=', undefined],
  ])('%s is refused', async (query, what) => {
    const [status, told] = refusalOf(await ask(query));
    expect(status).toBe(400);
    if (what !== undefined) expect(told).toBe(what);
  });
});

describe('Patient/[id]/$everything', () => {
  const ask = (query = '', bearer = gp, id = 'anna') =>
    get(`/fhir/Patient/${id}/$everything${query}`, bearer);
  const names = ({ entry }: Bundle) =>
    (entry ?? []).map(({ resource, search }) => `${search?.mode} ${resource?.resourceType}/${resource?.id}`);

  const observations = ['a-1', 'a-2', 'a-3', 'b-1', 'b-wrong', 'words-1', 'words-2'];
  const shared = ['Organization/practice', 'Practitioner/gp', 'Practitioner/therapist'];
  const seenBy = (own: readonly string[]) =>
    [
      'match Patient/anna',
      ...[...observations.map((id) => `Observation/${id}`), 'CareTeam/team', ...own].map(
        (name) => `match ${name}`,
      ),
      ...shared.map((name) => `include ${name}`),
    ].toSorted();

  it('gives the Patient first, then the record, then what it points to', async () => {
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(body).toMatchObject({ resourceType: 'Bundle', type: 'searchset' });
    expect(names(body)[0]).toBe('match Patient/anna');
    expect(names(body).toSorted()).toEqual(seenBy([]));
    expect(body.link?.map(({ relation }) => relation)).toEqual(['self']);
  });

  it("shows each role what it may read: the session note is the therapist's and the patient's", async () => {
    expect(names((await ask('', therapist)).body).toSorted()).toEqual(seenBy(['Composition/note']));
    expect(names((await ask('', anna)).body).toSorted()).toEqual(seenBy(['Composition/note']));
    expect(names((await ask('?_type=Composition')).body)).toEqual([]);
  });

  it('knows nobody whom the caller may not see', async () => {
    const unknown = [404, 'There is no Patient with the id "anna".'];
    expect(refusalOf(await ask('', foreignGp))).toEqual(unknown);
    expect(refusalOf(await ask('', anna, 'bert'))).toEqual([404, 'There is no Patient with the id "bert".']);
    const manager = await service.makeBearer('manager');
    expect((await ask('', manager)).status).toBe(403);
    const narrow = await service.makeBearer('integrator', undefined, ['system/Patient.r', 'system/Goal.rs']);
    expect(names((await ask('', narrow)).body)).toEqual(['match Patient/anna']);
    const { status } = await request(service.url).get('/fhir/Patient/anna/$everything');
    expect(status).toBe(401);
  });

  it.each([1, 3, 5])('gives each resource once in pages of %d, by links of relation next', async (count) => {
    const seen: string[] = [];
    let next: string | undefined = `/fhir/Patient/anna/$everything?_count=${count}`;
    while (next !== undefined) {
      const { status, body }: { status: number; body: Bundle } = await get(
        next.replace('http://alongside.example', ''),
        therapist,
      );
      expect(status).toBe(200);
      seen.push(...names(body));
      next = body.link?.find(({ relation }) => relation === 'next')?.url;
    }
    expect(seen[0]).toBe('match Patient/anna');
    expect(seen.toSorted()).toEqual(seenBy(['Composition/note']));
  });

  it('gives no more by the link of somebody else', async () => {
    const { body } = await ask('?_count=2', therapist);
    const next = body.link?.find(({ relation }) => relation === 'next')?.url ?? '';
    const stolen = await get(next.replace('http://alongside.example', ''), foreignGp);
    expect(stolen.status).toBe(404);
  });

  it('keeps to types, time of care and time of writing', async () => {
    expect(names((await ask('?_type=Goal,CareTeam&_type=Organization')).body)).toEqual([
      'match CareTeam/team',
      'include Organization/practice',
    ]);
    const february = (await ask('?start=2026-02&end=2026-02-28&_type=Observation')).body;
    expect(idsOf(february)).toEqual(['a-2']);
    expect(idsOf((await ask('?start=2026-04-01&_type=Observation,Patient')).body)).toEqual([
      'anna',
      'b-wrong',
    ]);
    expect(names((await ask('?_since=2026-12-01T00:00:00Z&_type=Observation')).body)).toEqual([]);
    expect(idsOf((await ask('?_since=2026-11-20T09:00:00%2B00:00&_type=Patient')).body)).toEqual(['anna']);
  });

  it('keeps what was asked for in its links', async () => {
    const { body } = await ask('?_type=Observation&start=2026-01-01&_count=1');
    expect(body.link?.[1]?.url).toMatch(
      /^http:\/\/alongside\.example\/fhir\/Patient\/anna\/\$everything\?start=2026-01-01&_type=Observation&_count=1&_cursor=/,
    );
  });

  it.each([
    ['?_count=0', '"_count" is a whole number from 1'],
    ['?_count=many', '"_count" is a number'],
    ['?_type=Observations', '"_type": "Observations" is no resource type that is served'],
    ['?start=yesterday', '"start" is a date or an instant such as 2026-11-20T09:00:00Z'],
    ['?end=2026-13', '"end" is a date or an instant such as 2026-11-20T09:00:00Z'],
    ['?_since=x', '"_since" is a date or an instant such as 2026-11-20T09:00:00Z'],
    ['?_cursor=x', 'This page link does not belong to this search. Start again from the first page.'],
    ['?since=2026', 'unknown parameter "since"; known here: start, end, _since, _type, _count, _cursor'],
  ])('%s is refused', async (query, what) => {
    expect(refusalOf(await ask(query))).toEqual([400, what]);
  });

  it('says of a patient who was deleted that they are gone', async () => {
    const made = await request(service.url)
      .put('/fhir/Patient/gone')
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send('{"resourceType":"Patient","id":"gone"}');
    expect(made.status).toBe(201);
    await request(service.url).delete('/fhir/Patient/gone').set('Authorization', service.bearer('system'));
    expect((await ask('', service.bearer('system'), 'gone')).status).toBe(410);
  });
});
