// $apply over HTTP: several people, what-if questions and activities, with the wrong inputs a client may send.
import type { Bundle, CarePlan, OperationOutcome, Parameters } from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
const pathway = '/fhir/PlanDefinition/pss-pathway';
const exercises = '/fhir/ActivityDefinition/home-exercises';

beforeAll(async () => {
  service = await startTestService();
  await service.makeBearer('gp', 'Practitioner/gp');
  await service.makeBearer('patient', 'Patient/anna');
  const { store } = service.system.contextFor({ role: 'system', scopes: [], tokenId: 'system' }, 'before');
  await store.update({ resourceType: 'Practitioner', id: 'gp' }, { upsert: true });
  for (const id of ['anna', 'bert']) {
    await store.update(
      {
        resourceType: 'Patient',
        id,
        birthDate: '1980-05-05',
        generalPractitioner: [{ reference: 'Practitioner/gp' }],
      },
      { upsert: true },
    );
  }
});
afterAll(() => service.stop());

const as = (role: 'gp' | 'patient') =>
  service.bearer(role, role === 'gp' ? 'Practitioner/gp' : 'Patient/anna');
const get = (path: string, role: 'gp' | 'patient' = 'gp') =>
  request(service.url).get(path).set('Authorization', as(role));
const post = (path: string, parameter: Parameters['parameter']) =>
  request(service.url)
    .post(path)
    .set('Authorization', as('gp'))
    .set('Content-Type', 'application/fhir+json')
    .send({ resourceType: 'Parameters', parameter });
const subject = { name: 'subject', valueString: 'Patient/anna' };
const issuesOf = (body: unknown) => (body as OperationOutcome).issue;

it('answers for several people by query', async () => {
  const answer = await get(`${pathway}/$apply?subject=Patient/anna&subject=Patient/bert`);
  expect(answer.status).toBe(200);
  expect((answer.body as Bundle).entry?.map(({ resource }) => resource?.resourceType)).toEqual([
    'CarePlan',
    'CarePlan',
  ]);
});

it('tells in the answer what of a goal it could not carry and which goal is not there; strict refuses it', async () => {
  const planDefinition = {
    resourceType: 'PlanDefinition' as const,
    status: 'draft' as const,
    url: 'https://example.org/goals',
    goal: [
      { id: 'walk', description: { text: 'Walk' }, target: [{ detailCodeableConcept: { text: 'Further' } }] },
    ],
    action: [{ id: 'a', title: 'Walk together', goalId: ['walk', 'run'] }],
  };
  const { store } = service.system.contextFor({ role: 'system', scopes: [], tokenId: 'system' }, 'before');
  await store.update({ ...planDefinition, id: 'goals' }, { upsert: true });
  const ask = (more = '') => get(`/fhir/PlanDefinition/goals/$apply?subject=Patient/anna${more}`);
  const answer = await ask();
  const plan = answer.body as CarePlan;
  const outcome = plan.contained?.find((each) => each.resourceType === 'OperationOutcome');
  const told = [
    'goal walk: target 1 says how much and not of what; without a measure a Goal holds no detail, and it is not carried',
    'a: the plan has no goal "run"',
  ];
  expect([answer.status, issuesOf(outcome).map(({ diagnostics }) => diagnostics)]).toEqual([200, told]);
  const strict = await ask('&strict=true');
  expect([strict.status, issuesOf(strict.body).map(({ diagnostics }) => diagnostics)]).toEqual([422, told]);
});

it('answers a what-if question and stores nothing', async () => {
  const assumed = {
    resourceType: 'Observation' as const,
    status: 'final' as const,
    code: { coding: [{ system: 'http://loinc.org', code: '70273-8' }] },
    valueQuantity: { value: 16, system: 'http://unitsofmeasure.org', code: '{score}' },
  };
  const answer = await post(`${pathway}/$apply`, [subject, { name: 'data', resource: assumed }]);
  expect([answer.status, answer.body.meta.tag[0].code]).toEqual([200, 'counterfactual']);
  expect(service.problemsOf(answer.body).filter(({ severity }) => severity === 'error')).toEqual([]);
  const found = await get('/fhir/Observation?patient=Patient/anna');
  expect(found.body.total ?? found.body.entry?.length ?? 0).toBe(0);
});

it('refuses data that are not valid R4, with the place', async () => {
  const answer = await post(`${pathway}/$apply`, [
    subject,
    { name: 'data', resource: { resourceType: 'Observation', status: 'nope' } as never },
  ]);
  expect(answer.status).toBe(400);
  expect(JSON.stringify(issuesOf(answer.body))).toContain('Parameters.parameter[1].resource');
});

it('proposes a request out of an activity at both levels, the same each time', async () => {
  const one = await get(`${exercises}/$apply?subject=Patient/anna`);
  const other = await get(
    '/fhir/ActivityDefinition/$apply?canonical=https://w3id.org/alongside/fhir/ActivityDefinition/home-exercises&subject=Patient/anna',
  );
  expect([one.status, one.body.intent, one.body.status]).toEqual([200, 'proposal', 'draft']);
  expect(other.text).toBe(one.text);
});

describe('a what-if question about an activity', () => {
  const ask = (...parameter: NonNullable<Parameters['parameter']>) =>
    post(`${exercises}/$apply`, [subject, ...parameter]);
  const person = (id: string) => ({
    name: 'data',
    resource: { resourceType: 'Patient' as const, id, birthDate: '1950-01-01' },
  });

  it('has an answer that is marked, and stores nothing', async () => {
    const answer = await ask(person('anna'));
    expect([answer.status, answer.body.meta.tag[0].code]).toEqual([200, 'counterfactual']);
    expect(service.problemsOf(answer.body).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect((await get('/fhir/Patient/anna')).body.birthDate).toBe('1980-05-05');
    const found = await get('/fhir/Task?patient=Patient/anna');
    expect(found.body.entry ?? []).toEqual([]);
  });

  it('says which of its data nothing asks for; strict refuses it', async () => {
    const flag = {
      name: 'data',
      resource: {
        resourceType: 'Flag' as const,
        status: 'active' as const,
        code: { text: 'x' },
        subject: { reference: 'Patient/anna' },
      },
    };
    const told = 'no value of the activity asks for the Flag given as data[0]';
    expect(JSON.stringify((await ask(flag)).body)).toContain(told);
    const strict = await ask(flag, { name: 'strict', valueBoolean: true });
    expect([strict.status, issuesOf(strict.body)[0]?.diagnostics]).toEqual([
      422,
      expect.stringContaining(told),
    ]);
  });

  it('is about the subject, and has nothing to decline', async () => {
    const other = await ask(person('bert'));
    expect([other.status, issuesOf(other.body)[0]?.diagnostics]).toEqual([
      422,
      'the data are about Patient/bert, who is no subject of this call',
    ]);
    const declined = await ask({ name: 'declined', valueString: 'home-exercises' });
    expect(declined.status).toBe(400);
  });
});

it.each<[string, string, number, string, string]>([
  [
    'no subject',
    `${exercises}/$apply`,
    400,
    'invalid',
    '"subject" is needed: the patient, such as "Patient/x"',
  ],
  [
    'two subjects of an activity',
    `${exercises}/$apply?subject=Patient/anna&subject=Patient/bert`,
    400,
    'invalid',
    '"subject" may be given once only',
  ],
  [
    'no activity',
    '/fhir/ActivityDefinition/$apply?subject=Patient/anna',
    400,
    'invalid',
    '"canonical" is needed: the url of the activity, with or without |version',
  ],
  [
    'an activity that nobody has',
    '/fhir/ActivityDefinition/none/$apply?subject=Patient/anna',
    404,
    'not-found',
    'ActivityDefinition/none is not known',
  ],
  [
    'a subject of another kind',
    `${exercises}/$apply?subject=Device/x`,
    422,
    'business-rule',
    '"Device/x" is not a reference to Patient, Group on this server',
  ],
  [
    'a flag that is neither true nor false',
    `${pathway}/$apply?subject=Patient/anna&mergeNestedCarePlans=perhaps`,
    400,
    'invalid',
    '"mergeNestedCarePlans" is true or false',
  ],
])('refuses %s', async (_, path, status, code, diagnostics) => {
  const answer = await get(path);
  expect([answer.status, issuesOf(answer.body)[0]?.code, issuesOf(answer.body)[0]?.diagnostics]).toEqual([
    status,
    code,
    diagnostics,
  ]);
});

it('is not for a patient to call', async () => {
  expect((await get(`${exercises}/$apply?subject=Patient/anna`, 'patient')).status).toBe(403);
});
