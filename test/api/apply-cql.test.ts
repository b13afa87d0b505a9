// CQL over HTTP: a Library with ELM and a plan that names its definitions are put, and $apply and $explain answer by them.
import type { Library, Parameters, PlanDefinition, RequestGroup, Resource } from '@medplum/fhirtypes';
import request from 'supertest';
import { elmLibrary, endless, retrieve } from '../support/elm-library.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;

const library = elmLibrary('OpenFlags', {
  'Has Flag': { type: 'Exists', operand: retrieve('Flag') },
  'Reads Conditions': { type: 'Exists', operand: retrieve('Condition') },
  Nothing: { type: 'Null' },
  Broken: { type: 'FunctionRef', name: 'missing', operand: [] },
  Endless: endless,
});
const withoutElm: Library = {
  ...library,
  id: 'written',
  url: 'https://example.org/Library/Written',
  content: [{ contentType: 'text/cql', data: btoa('library Written define "Has Flag": exists [Flag]') }],
};

function planWith(id: string, language: string, expression: string, uses: Library): PlanDefinition {
  return {
    resourceType: 'PlanDefinition',
    id,
    status: 'active',
    url: `https://example.org/PlanDefinition/${id}`,
    version: '1',
    library: [`${uses.url ?? ''}|1`],
    action: [
      {
        id: 'look',
        title: 'Look at the flags together',
        input: [
          {
            id: 'flags',
            type: 'Flag',
            extension: [
              { url: 'https://w3id.org/alongside/fhir/StructureDefinition/absent-means', valueCode: 'none' },
            ],
          },
        ],
        // Other languages than those that R4 names are allowed (extensible binding), which the type does not know.
        condition: [{ kind: 'applicability', expression: { language: language as 'text/cql', expression } }],
      },
      { id: 'always', title: 'Agree on a next step' },
    ],
  };
}

const as = (role: 'gp' | 'system') => service.bearer(role, role === 'gp' ? 'Practitioner/gp' : undefined);
const put = (resource: Resource, role: 'gp' | 'system' = 'system') =>
  request(service.url)
    .put(`/fhir/${resource.resourceType}/${resource.id ?? ''}`)
    .set('Authorization', as(role))
    .set('Content-Type', 'application/fhir+json')
    .send(resource);
const get = (path: string) => request(service.url).get(`/fhir/${path}`).set('Authorization', as('gp'));

beforeAll(async () => {
  service = await startTestService();
  await service.makeBearer('gp', 'Practitioner/gp');
  await put({ resourceType: 'Practitioner', id: 'gp' });
  for (const id of ['anna', 'bert']) {
    await put({ resourceType: 'Patient', id, generalPractitioner: [{ reference: 'Practitioner/gp' }] });
  }
  await put({
    resourceType: 'Flag',
    id: 'flag',
    status: 'active',
    code: { text: 'An open question' },
    subject: { reference: 'Patient/anna' },
  });
  for (const each of [library, withoutElm]) expect((await put(each)).status).toBe(201);
});
afterAll(() => service.stop());

async function putPlan(language: string, expression: string, uses: Library = library) {
  const stored = await put(planWith('cql', language, expression, uses));
  expect([200, 201]).toContain(stored.status);
}

async function decided(person: string) {
  const applied = await get(`PlanDefinition/cql/$apply?subject=Patient/${person}`);
  const explained = await get(`PlanDefinition/cql/$explain?subject=Patient/${person}`);
  expect([applied.status, explained.status]).toEqual([200, 200]);
  expect(service.problemsOf(applied.body).filter(({ severity }) => severity === 'error')).toEqual([]);
  const group = applied.body.contained[0] as RequestGroup;
  const look = (explained.body as Parameters).parameter?.find(({ name }) => name === 'action');
  const part = (name: string) => look?.part?.find((each) => each.name === name);
  return {
    proposed: group.action?.map(({ id, extension }) => (extension ? `${id ?? ''} ?` : id)),
    verdict: part('verdict')?.valueCode,
    missing: part('missing')?.valueString,
  };
}

it.each(['text/cql-identifier', 'text/cql.identifier'])(
  'is true or false by the record: %s',
  async (language) => {
    await putPlan(language, 'Has Flag');
    expect(await decided('anna')).toMatchObject({ proposed: ['look', 'always'], verdict: 'met' });
    expect(await decided('bert')).toMatchObject({ proposed: ['always'], verdict: 'not-met' });
  },
);

it('answers for several people in one call, each by their own record', async () => {
  await putPlan('text/cql-identifier', 'Has Flag');
  const answer = await get('PlanDefinition/cql/$explain?subject=Patient/anna&subject=Patient/bert');
  const verdicts = (answer.body.entry as { resource: Parameters }[]).map(
    ({ resource }) =>
      resource.parameter?.find(({ name }) => name === 'action')?.part?.find(({ name }) => name === 'verdict')
        ?.valueCode,
  );
  expect(verdicts).toEqual(['met', 'not-met']);
});

it('answers a what-if question', async () => {
  await putPlan('text/cql-identifier', 'Has Flag');
  const answer = await request(service.url)
    .post('/fhir/PlanDefinition/cql/$apply')
    .set('Authorization', as('gp'))
    .set('Content-Type', 'application/fhir+json')
    .send({
      resourceType: 'Parameters',
      parameter: [
        { name: 'subject', valueString: 'Patient/bert' },
        {
          name: 'data',
          resource: {
            resourceType: 'Flag',
            status: 'active',
            code: { text: 'Assumed' },
            subject: { reference: 'Patient/bert' },
          },
        },
      ],
    });
  expect([answer.status, answer.body.meta.tag[0].code]).toEqual([200, 'counterfactual']);
  expect((answer.body.contained[0] as RequestGroup).action?.map(({ id }) => id)).toEqual(['look', 'always']);
});

const elmAsked = (name: string, language: string) =>
  `no library of the plan holds "${name}" as ELM, which ${language} asks for`;

it.each<[string, string, string, Library, string | RegExp]>([
  ['null', 'text/cql-identifier', 'Nothing', library, 'the data do not decide it'],
  ['an error', 'text/cql-identifier', 'Broken', library, /^the expression failed: /],
  [
    'a library without ELM',
    'text/cql-identifier',
    'Has Flag',
    withoutElm,
    `${elmAsked('Has Flag', 'text/cql-identifier')}: CQL is not translated here, so publish its Library with the ELM as an attachment (application/elm+json)`,
  ],
  [
    'an unknown name',
    'text/cql.identifier',
    'No Such',
    library,
    `${elmAsked('No Such', 'text/cql.identifier')}: give the name of a definition that the ELM has`,
  ],
  [
    'CQL that is written out',
    'text/cql',
    'exists [Flag]',
    library,
    `${elmAsked('exists [Flag]', 'text/cql')}: CQL that is written out is not translated here, so define it in the Library and give its name`,
  ],
  [
    'data that no input declares',
    'text/cql-identifier',
    'Reads Conditions',
    library,
    '"Reads Conditions": it reads Condition, which no input of the action or the groups around it declares',
  ],
  [
    'another language',
    'application/elm+json',
    'Has Flag',
    library,
    'the expression language application/elm+json is not run; text/fhirpath is',
  ],
])(
  'leaves the action for a person to decide with %s; strict refuses it',
  async (_, language, name, uses, why) => {
    await putPlan(language, name, uses);
    expect(await decided('anna')).toEqual({
      proposed: ['look ?', 'always'],
      verdict: 'unknown',
      missing: typeof why === 'string' ? why : (expect.stringMatching(why) as string),
    });
    const strict = await get('PlanDefinition/cql/$apply?subject=Patient/anna&strict=true');
    expect(strict.status).toBe(422);
    expect(JSON.stringify(strict.body.issue)).toContain(
      typeof why === 'string' ? JSON.stringify(why).slice(1, -1) : 'the expression failed',
    );
  },
);

it('gives a value of an activity, by the library of the activity', async () => {
  const born = elmLibrary('Born', {
    Born: {
      type: 'Property',
      path: 'value',
      source: { type: 'Property', path: 'birthDate', source: { type: 'ExpressionRef', name: 'Patient' } },
    },
  });
  expect((await put(born)).status).toBe(201);
  const stored = await put({
    resourceType: 'ActivityDefinition',
    id: 'act',
    status: 'active',
    url: 'https://example.org/ActivityDefinition/act',
    kind: 'ServiceRequest',
    library: [born.url ?? ''],
    dynamicValue: [
      {
        path: 'occurrenceDateTime',
        expression: { language: 'text/cql-identifier' as 'text/cql', expression: 'Born' },
      },
    ],
  });
  expect(stored.status).toBe(201);
  const ask = (...data: readonly Resource[]) =>
    request(service.url)
      .post('/fhir/ActivityDefinition/act/$apply')
      .set('Authorization', as('gp'))
      .set('Content-Type', 'application/fhir+json')
      .send({
        resourceType: 'Parameters',
        parameter: [
          { name: 'subject', valueString: 'Patient/anna' },
          ...data.map((resource) => ({ name: 'data', resource })),
        ],
      });
  expect((await ask()).body).not.toHaveProperty('occurrenceDateTime');
  const assumed = await ask({ resourceType: 'Patient', birthDate: '1980-05-05' });
  expect([assumed.status, assumed.body.occurrenceDateTime]).toEqual([200, '1980-05-05']);
});

it('stops what has no end, while other requests are answered', async () => {
  await putPlan('text/cql-identifier', 'Endless');
  const began = performance.now();
  const asked = decided('anna');
  const other = await get('Patient/bert');
  expect([other.status, performance.now() - began < 1500]).toEqual([200, true]);
  expect(await asked).toMatchObject({
    verdict: 'unknown',
    missing: expect.stringMatching(
      /^the expression failed: (it was stopped after 2000 ms|.*memory)/,
    ) as string,
  });
  expect(performance.now() - began).toBeLessThan(15_000);
}, 30_000);

it('is not for a clinician to publish', async () => {
  expect((await put(library, 'gp')).status).toBe(403);
});
