// $validate: says everything that is wrong, what a write would be refused for, and stores nothing.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
let gp: string;
let patient: string;

beforeAll(async () => {
  service = await startTestService();
  gp = await service.makeBearer('gp', 'Practitioner/gp');
  patient = await service.makeBearer('patient', 'Patient/anna');
  await put({
    resourceType: 'Patient',
    id: 'anna',
    generalPractitioner: [{ reference: 'Practitioner/gp' }],
  });
  await put({ resourceType: 'Patient', id: 'stranger' });
});
afterAll(() => service.stop());

const json = 'application/fhir+json';
const system = () => service.bearer('system');

async function put(resource: Resource & { id: string }): Promise<void> {
  const answer = await request(service.url)
    .put(`/fhir/${resource.resourceType}/${resource.id}`)
    .set('Authorization', system())
    .set('Content-Type', json)
    .send(JSON.stringify(resource));
  expect(answer.status).toBeLessThan(300);
}

const post = (address: string, body?: object | string, bearer = system()) => {
  const asked = request(service.url).post(`/fhir/${address}`).set('Authorization', bearer);
  return body === undefined
    ? asked
    : asked.set('Content-Type', json).send(typeof body === 'string' ? body : JSON.stringify(body));
};

async function issuesOf(address: string, body?: object, bearer = system()) {
  const answer = await post(address, body, bearer);
  expect([answer.status, answer.body.resourceType]).toEqual([200, 'OperationOutcome']);
  expect(service.problemsOf(answer.body as Resource)).toEqual([]);
  return (answer.body as { issue: OperationOutcomeIssue[] }).issue;
}

async function refusal(
  address: string,
  body?: object | string,
  bearer = system(),
): Promise<readonly [number, string | undefined]> {
  const answer = await post(address, body, bearer);
  const { issue } = answer.body as { issue?: OperationOutcomeIssue[] };
  return [answer.status, issue?.[0]?.diagnostics];
}

const allOk = [{ severity: 'information', code: 'informational', diagnostics: 'All OK' }];
const anna = { resourceType: 'Patient', gender: 'female' };
const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'something' },
  subject: { reference: 'Patient/anna' },
};

describe('a resource', () => {
  it('is said to be all right, as the body or in Parameters', async () => {
    const parameters = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: anna }] };
    expect(await issuesOf('Patient/$validate', anna)).toEqual(allOk);
    expect(await issuesOf('Patient/$validate', parameters)).toEqual(allOk);
    expect(await issuesOf('Patient/%24validate?_format=json', anna)).toEqual(allOk);
  });

  it('is answered with every fault and its place, and with 200, because the validation ran', async () => {
    const wrong = { ...anna, gender: 'f', birthDate: 'yesterday', nickname: 'x' };
    const inParameters = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: wrong }] };
    const issues = await issuesOf('Patient/$validate', wrong);
    expect(issues.map(({ severity, expression }) => [severity, expression?.[0]])).toEqual([
      ['error', 'Patient.gender'],
      ['error', 'Patient.birthDate'],
      ['error', 'Patient.nickname'],
    ]);
    expect(await issuesOf('Patient/$validate', inParameters)).toEqual(issues);
  });

  it('of another type than the address says is told so', async () => {
    const issues = await issuesOf('Observation/$validate', anna);
    expect(issues).toEqual([
      {
        severity: 'error',
        code: 'invalid',
        diagnostics: 'The address is that of the type Observation.',
        expression: ['resourceType'],
      },
    ]);
    const unknown = await issuesOf('Patient/$validate', { resourceType: 'Person2' });
    expect(unknown.map(({ code }) => code)).toContain('structure');
  });

  it('that is stored is looked at when none is sent, through the eyes of whoever asks', async () => {
    expect(await issuesOf('Patient/anna/$validate', undefined, gp)).toEqual(allOk);
    const byGet = await request(service.url)
      .get('/fhir/Patient/anna/$validate')
      .set('Authorization', patient);
    expect([byGet.status, byGet.body.issue]).toEqual([200, allOk]);
    const hidden = await refusal('Patient/stranger/$validate', undefined, gp);
    const absent = await refusal('Patient/nobody/$validate', undefined, gp);
    expect(hidden).toEqual([404, 'There is no Patient with the id "stranger".']);
    expect(absent).toEqual([404, 'There is no Patient with the id "nobody".']);
  });
});

describe('the bindings', () => {
  it('make a warning of a code outside an extensible value set, and information outside a preferred one', async () => {
    const issues = await issuesOf('Observation/$validate', {
      ...observation,
      category: [{ coding: [{ system: 'https://example.org/own', code: 'mine' }] }],
      interpretation: [{ coding: [{ system: 'https://example.org/own', code: 'odd' }] }, { text: 'high' }],
      component: [
        {
          code: { text: 'part' },
          dataAbsentReason: {
            coding: [{ system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason', code: 'lost' }],
          },
        },
      ],
    });
    expect(issues.map(({ severity, code, expression }) => [severity, code, expression?.[0]])).toEqual([
      ['warning', 'code-invalid', 'Observation.interpretation[0]'],
      ['warning', 'code-invalid', 'Observation.interpretation[1]'],
      ['warning', 'code-invalid', 'Observation.component[0].dataAbsentReason'],
      ['information', 'code-invalid', 'Observation.category[0]'],
    ]);
    expect(issues[0]?.diagnostics).toBe(
      'No code is from the extensible value set http://hl7.org/fhir/ValueSet/observation-interpretation',
    );
    expect(issues[3]?.diagnostics).toContain('Its codes: social-history, vital-signs');
  });

  it('say nothing of codes from the value set, and one of several is enough', async () => {
    const right = { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'survey' };
    const issues = await issuesOf('Observation/$validate', {
      ...observation,
      language: 'en',
      category: [{ coding: [{ system: 'https://example.org/own', code: 'mine' }, right] }],
    });
    expect(issues).toEqual(allOk);
  });

  it('say that a value set was not checked when it is not held in full', async () => {
    const jurisdiction = [{ coding: [{ system: 'urn:iso:std:iso:3166', code: 'NL' }] }];
    const issues = await issuesOf('Library/$validate', {
      resourceType: 'Library',
      status: 'active',
      type: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/library-type', code: 'logic-library' }],
      },
      jurisdiction,
    });
    expect(issues).toEqual([
      {
        severity: 'information',
        code: 'not-supported',
        diagnostics:
          'The value set http://hl7.org/fhir/ValueSet/jurisdiction (extensible) is not held here in full: not checked',
        expression: ['Library.jurisdiction[0]'],
      },
    ]);
  });

  it('reach into contained resources and the entries of a Bundle', async () => {
    const inner = { ...observation, interpretation: [{ text: 'high' }] };
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: inner }] };
    const issues = await issuesOf('Bundle/$validate', bundle);
    expect(issues.map(({ expression }) => expression?.[0])).toEqual([
      'Bundle.entry[0].resource.interpretation[0]',
    ]);
  });

  it('are not judged when a resource is stored', async () => {
    const stored = await post('Observation', { ...observation, interpretation: [{ text: 'high' }] });
    expect(stored.status).toBe(201);
    expect(stored.body.resourceType).toBe('Observation');
  });
});

describe('a profile', () => {
  const ours = 'https://w3id.org/alongside/fhir/StructureDefinition';

  it('of the base specification adds nothing for its own type', async () => {
    const url = 'http://hl7.org/fhir/StructureDefinition';
    expect(await issuesOf(`Patient/$validate?profile=${url}/Patient`, anna)).toEqual(allOk);
    const [other] = await issuesOf(`Patient/$validate?profile=${url}/Observation`, anna);
    expect(other).toMatchObject({ severity: 'error', code: 'invalid' });
    expect(other?.diagnostics).toBe(`The profile ${url}/Observation is for Observation`);
  });

  it('that we hold is checked', async () => {
    const [issue] = await issuesOf(`Patient/$validate?profile=${ours}/minutes`, anna);
    expect(issue).toMatchObject({
      severity: 'error',
      diagnostics: `The profile ${ours}/minutes is for Extension`,
    });
  });

  it('that we do not hold is an error, because silence would be taken for a yes', async () => {
    const parameters = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'resource', resource: anna },
        { name: 'profile', valueUri: 'https://example.org/own-patient' },
      ],
    };
    expect(await issuesOf('Patient/$validate', parameters)).toEqual([
      {
        severity: 'error',
        code: 'not-supported',
        diagnostics: 'The profile https://example.org/own-patient is not held here, so it was not checked',
      },
    ]);
  });

  it('can be asked about what is stored, by mode=profile', async () => {
    const profile = 'http://hl7.org/fhir/StructureDefinition/Patient';
    expect(await issuesOf(`Patient/anna/$validate?mode=profile&profile=${profile}`)).toEqual(allOk);
    const what =
      '"mode" profile asks about a stored resource: name it by the address, send none, and name the "profile"';
    expect(await refusal('Patient/anna/$validate?mode=profile')).toEqual([400, what]);
    expect(await refusal(`Patient/$validate?mode=profile&profile=${profile}`, anna)).toEqual([400, what]);
  });
});

describe('a write that is only rehearsed', () => {
  const states = async () => {
    const all = await Promise.all(
      (['Patient', 'Observation', 'Task', 'QuestionnaireResponse', 'Flag'] as const).map((type) =>
        request(service.url).get(`/fhir/${type}?_total=accurate&_count=0`).set('Authorization', system()),
      ),
    );
    return all.map(({ body }) => body.total as unknown);
  };
  const phq15 = (item: object) => ({
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/phq-15',
    status: 'completed',
    subject: { reference: 'Patient/anna' },
    authored: '2026-11-20T09:00:00Z',
    item: [item],
  });

  it('is all right when it would be done, and leaves nothing behind', async () => {
    const before = await states();
    expect(await issuesOf('Observation/$validate?mode=create', observation, gp)).toEqual(allOk);
    const update = { ...anna, id: 'anna', generalPractitioner: [{ reference: 'Practitioner/gp' }] };
    expect(await issuesOf('Patient/anna/$validate?mode=update', update, gp)).toEqual(allOk);
    expect(await issuesOf('Patient/anna/$validate?mode=delete')).toEqual(allOk);
    expect(await states()).toEqual(before);
    const read = await request(service.url).get('/fhir/Patient/anna').set('Authorization', system());
    expect([read.status, read.body.meta.versionId]).toEqual([200, '1']);
  });

  it('tells what the rules of its type would refuse', async () => {
    const before = await states();
    const wrong = phq15({ linkId: 'no-such-question', answer: [{ valueInteger: 1 }] });
    const [issue] = await issuesOf('QuestionnaireResponse/$validate?mode=create', wrong);
    expect(issue?.severity).toBe('error');
    expect(issue?.diagnostics).toContain('no-such-question');
    // Without the mode, only the resource by itself is judged.
    expect(await issuesOf('QuestionnaireResponse/$validate', wrong)).toEqual(allOk);
    expect(await states()).toEqual(before);
  });

  it('tells whoever asks what they may not do, in the words of the write', async () => {
    const about = { ...observation, subject: { reference: 'Patient/stranger' } };
    const [stranger] = await issuesOf('Observation/$validate?mode=create', about, gp);
    expect(stranger).toEqual({
      severity: 'error',
      code: 'not-found',
      diagnostics: 'Patient/stranger is not known',
    });
    const [own] = await issuesOf('Goal/$validate?mode=create', goal, patient);
    expect(own?.code).toBe('forbidden');
    const [gone] = await issuesOf('Patient/anna/$validate?mode=delete', undefined, gp);
    expect(gone).toMatchObject({ severity: 'error', code: 'forbidden' });
    const [none] = await issuesOf('Patient/nobody/$validate?mode=delete');
    expect(none).toMatchObject({ severity: 'error', code: 'not-found' });
  });
  const goal = {
    resourceType: 'Goal',
    lifecycleStatus: 'active',
    description: { text: 'Walk' },
    subject: { reference: 'Patient/anna' },
  };

  it('needs the id of an update to be that of the address', async () => {
    const [issue] = await issuesOf('Patient/anna/$validate?mode=update', { ...anna, id: 'other' });
    expect(issue).toMatchObject({
      severity: 'error',
      diagnostics: 'The id in the body must be the id in the address: "anna".',
      expression: ['Patient.id'],
    });
    expect(await issuesOf('Patient/$validate?mode=update', { ...anna, id: 'anna' })).toEqual(allOk);
  });
});

describe('what cannot be validated', () => {
  it.each([
    ['Patient/$validate', undefined, 400, '"resource" is needed: as the body, or in Parameters'],
    [
      'Patient/$validate?mode=creat',
      anna,
      400,
      '"mode" is one of create, update, delete, profile, not "creat"',
    ],
    [
      'Patient/$validate?mode=update',
      anna,
      400,
      '"mode" update needs an id: call it as [type]/[id]/$validate',
    ],
    [
      'Patient/$validate?mode=delete',
      anna,
      400,
      '"mode" delete needs an id: call it as [type]/[id]/$validate',
    ],
    [
      'Patient/anna/$validate?mode=create',
      undefined,
      400,
      '"resource" is needed: as the body, or in Parameters',
    ],
    [
      'Patient/$validate?mod=create',
      anna,
      400,
      'unknown parameter "mod"; known here: resource, mode, profile',
    ],
    ['Parameters/$validate', anna, 404, undefined],
    ['Pateint/$validate', anna, 404, undefined],
  ])('%s is refused', async (address, body, status, diagnostics) => {
    const [seen, told] = await refusal(address, body);
    expect(seen).toBe(status);
    if (diagnostics !== undefined) expect(told).toBe(diagnostics);
  });

  it('is refused when it is no JSON, no resource, or Parameters that are not R4', async () => {
    expect((await refusal('Patient/$validate', '{"resourceType":'))[0]).toBe(400);
    expect((await refusal('Patient/$validate', '[]'))[0]).toBe(400);
    for (const parameter of [
      [{ name: 'resource', valueString: 'x' }],
      [{ name: 'resource', resource: null }],
      [{ name: 'resource', resource: [] }],
      [null],
      [{ resource: anna }],
      'text',
      [{ name: 'resource', resource: anna, valueString: 'both' }],
      [
        { name: 'resource', resource: anna },
        { name: 'resource', resource: anna },
      ],
    ]) {
      expect((await refusal('Patient/$validate', { resourceType: 'Parameters', parameter }))[0]).toBe(400);
    }
  });

  it('by GET of a type is no address', async () => {
    const answer = await request(service.url).get('/fhir/Patient/$validate').set('Authorization', system());
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST']);
  });
});
