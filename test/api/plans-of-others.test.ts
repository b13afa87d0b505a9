// Plans that somebody else wrote, as others write them: FHIRPath, definitions inside of the plan or named by id, values computed for the request.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type {
  CarePlan,
  OperationOutcome,
  Parameters,
  PlanDefinition,
  PlanDefinitionAction,
  RequestGroup,
  Resource,
} from '@medplum/fhirtypes';
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;

const put = (resource: Resource) =>
  request(service.url)
    .put(`/fhir/${resource.resourceType}/${resource.id ?? ''}`)
    .set('Authorization', service.bearer('system'))
    .set('Content-Type', 'application/fhir+json')
    .send(resource);
const get = (path: string) =>
  request(service.url).get(`/fhir/${path}`).set('Authorization', service.bearer('system'));

beforeAll(async () => {
  service = await startTestService();
  await put({ resourceType: 'Practitioner', id: 'gp' });
  for (const id of ['anna', 'bert']) {
    await put({
      resourceType: 'Patient',
      id,
      gender: id === 'anna' ? 'female' : 'male',
      birthDate: '1980-05-05',
      generalPractitioner: [{ reference: 'Practitioner/gp' }],
    });
  }
  await put({
    resourceType: 'Flag',
    id: 'flag',
    status: 'active',
    code: { text: 'An open question' },
    subject: { reference: 'Patient/anna' },
  });
  await put({
    resourceType: 'Group',
    id: 'two',
    type: 'person',
    actual: true,
    member: [{ entity: { reference: 'Patient/anna' } }, { entity: { reference: 'Patient/bert' } }],
  });
});
afterAll(() => service.stop());

const fhirPath = (expression: string) => ({ language: 'text/fhirpath' as const, expression });
const flags = {
  id: 'flags',
  type: 'Flag',
  extension: [{ url: 'https://w3id.org/alongside/fhir/StructureDefinition/absent-means', valueCode: 'none' }],
};

async function putPlan(action: PlanDefinitionAction[], more: Partial<PlanDefinition> = {}) {
  const stored = await put({
    resourceType: 'PlanDefinition',
    id: 'theirs',
    url: 'https://example.org/PlanDefinition/theirs',
    version: '1',
    status: 'active',
    action,
    ...more,
  });
  expect([200, 201]).toContain(stored.status);
}

async function apply(query = 'subject=Patient/anna') {
  const answer = await get(`PlanDefinition/theirs/$apply?${query}`);
  expect(answer.status).toBe(200);
  const carePlan = answer.body as CarePlan;
  expect(service.problemsOf(carePlan).filter(({ severity }) => severity === 'error')).toEqual([]);
  const contained = carePlan.contained ?? [];
  const told = contained.find((each): each is OperationOutcome => each.resourceType === 'OperationOutcome');
  const group = contained.find((each): each is RequestGroup => each.resourceType === 'RequestGroup');
  return {
    actions: (group?.action ?? []).map(({ id, extension }) => (extension ? `${id ?? ''} ?` : id)),
    requests: contained.filter((each) => each !== told && each !== group),
    issues: (told?.issue ?? []).map(({ severity, diagnostics }) => `${severity ?? ''} ${diagnostics ?? ''}`),
  };
}

async function verdictOf(expression: string, query?: string, action: Partial<PlanDefinitionAction> = {}) {
  await putPlan([
    {
      id: 'a',
      title: 'A',
      condition: [{ kind: 'applicability', expression: fhirPath(expression) }],
      ...action,
    },
  ]);
  const explained = await get(`PlanDefinition/theirs/$explain?${query ?? 'subject=Patient/anna'}`);
  expect(explained.status).toBe(200);
  const part = (name: string) =>
    (explained.body as Parameters).parameter
      ?.find((each) => each.name === 'action')
      ?.part?.find((each) => each.name === name);
  return [part('verdict')?.valueCode, part('missing')?.valueString ?? ''];
}

describe('FHIRPath of somebody else', () => {
  it.each([
    ['true', 'met'],
    ['false', 'not-met'],
    ["gender = 'female'", 'met'],
    ["%patient.gender = 'male'", 'not-met'],
    ['%subject.birthDate <= %today - 18 years', 'met'],
    ['%now > @2026-11-20T08:59:00Z and %now < @2026-11-20T09:01:00Z', 'met'],
    ['%practitioner.exists()', 'not-met'],
    ["%resource.id = 'anna' and %rootResource.id = 'anna' and %context.id = 'anna'", 'met'],
    ["%sct = 'http://snomed.info/sct' and %loinc = 'http://loinc.org'", 'met'],
    ["'%nothing' = '%nothing' // %nor.here", 'met'],
  ])('decides: %s', async (expression, verdict) => {
    expect(await verdictOf(expression)).toEqual([verdict, '']);
  });

  it('reads what the action declares, and whom the call names', async () => {
    expect(
      await verdictOf("%flags.where(status = 'active').exists()", undefined, { input: [flags] }),
    ).toEqual(['met', '']);
    expect(await verdictOf('%flags.exists()', 'subject=Patient/bert', { input: [flags] })).toEqual([
      'not-met',
      '',
    ]);
    const withPractitioner = 'subject=Patient/anna&practitioner=Practitioner/gp';
    expect(await verdictOf("%practitioner.id = 'gp'", withPractitioner)).toEqual(['met', '']);
  });

  it('is asked of a group as a whole too, which is no patient', async () => {
    expect(await verdictOf('%subject.member.count() = 2', 'subject=Group/two')).toEqual(['met', '']);
    expect(await verdictOf("%patient.gender = 'female'", 'subject=Group/two')).toEqual([
      'unknown',
      '%patient: a group has none of its own; each member has, with expand=members',
    ]);
  });

  it.each([
    ['{}', 'the data do not decide it'],
    ['true | false', 'the expression gave no single true or false'],
    ["'yes'", 'the expression gave no single true or false'],
    ['today() > @2026-01-01', 'the expression is malformed: today() reads the wall clock; use %today'],
    ['%flags.exists()', '%flags is not declared as an input'],
    ['nonsense()', 'the expression failed: Not implemented: nonsense'],
  ])('leaves the action for a person to decide: %s', async (expression, why) => {
    expect(await verdictOf(expression)).toEqual(['unknown', why]);
    expect((await apply()).actions).toEqual(['a ?']);
  });

  it.each([
    ['has no end', "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')"],
    // Some ten seconds of a parser's work, of which it has two.
    ['nobody can parse in time', `${'1+'.repeat(60_000)}1`],
  ])('that %s is stopped, while other requests are answered', async (_, expression) => {
    let isAnswered = false;
    const asked = verdictOf(expression).finally(() => {
      isAnswered = true;
    });
    let others = 0;
    for (; !isAnswered; others += 1) expect((await get('Patient/bert')).status).toBe(200);
    // Two seconds long; one or two where the expression kept the service itself busy.
    expect(others).toBeGreaterThan(20);
    expect(await asked).toEqual(['unknown', 'the expression failed: it was stopped after 2000 ms']);
  });

  it('gives values to the request and the action, or says why not', async () => {
    const value = (path: string, expression: string) => ({ path, expression: fhirPath(expression) });
    await putPlan([
      {
        id: 'a',
        title: 'A',
        dynamicValue: [
          value('description', "'For ' & %patient.id"),
          value('executionPeriod.start', '%today'),
          value('input[0].type.text', "'How often'"),
          value('priority', "'soonish'"),
          value('status', "'completed'"),
          value('code.text', "'x' + 1"),
          value('action.condition[0].kind', "'sometimes'"),
        ],
      },
    ]);
    const { requests, issues } = await apply();
    expect(requests).toMatchObject([
      { resourceType: 'Task', description: 'For anna', executionPeriod: { start: '2026-11-20' } },
    ]);
    expect(requests[0]).not.toHaveProperty('input');
    expect(issues).toEqual([
      'error a: a dynamic value was not written: "code.text": the expression failed: Cannot convert x to a number',
      "error a: a dynamic value was not written: status is not the plan's to set",
      'error a: a dynamic value was not written: "input[0].type.text": Task.input[0].value: Missing required property',
      expect.stringMatching(
        /^error a: a dynamic value was not written: "priority": Task.priority: "soonish"/,
      ),
      expect.stringMatching(/^error a: a dynamic value was not written: "action.condition\[0\].kind": /),
    ]);
  });
});

describe('definitions', () => {
  it('inside of the plan are found there, libraries among them', async () => {
    await putPlan(
      [
        { id: 'act', title: 'Act', definitionCanonical: '#activity' },
        { id: 'ask', title: 'Ask', definitionCanonical: '#form' },
        { id: 'nest', title: 'Nest', definitionCanonical: '#plan' },
        { id: 'lost', title: 'Lost', definitionCanonical: '#nowhere' },
      ],
      {
        contained: [
          {
            resourceType: 'ActivityDefinition',
            id: 'activity',
            status: 'active',
            kind: 'ServiceRequest',
            code: { text: 'Walk' },
          },
          { resourceType: 'Questionnaire', id: 'form', status: 'active' },
          {
            resourceType: 'PlanDefinition',
            id: 'plan',
            status: 'active',
            action: [
              { id: 'again', title: 'Again', definitionCanonical: '#activity' },
              { id: 'round', title: 'Round', definitionCanonical: '#plan' },
            ],
          },
        ],
      },
    );
    const own = 'https://example.org/PlanDefinition/theirs|1';
    const { requests, issues } = await apply();
    expect(requests).toMatchObject([
      { resourceType: 'ServiceRequest', code: { text: 'Walk' }, instantiatesCanonical: [`${own}#activity`] },
      { resourceType: 'Task', input: [{ valueCanonical: `${own}#form` }] },
      { resourceType: 'RequestGroup', instantiatesCanonical: [`${own}#plan`] },
      { resourceType: 'ServiceRequest', code: { text: 'Walk' } },
      { resourceType: 'Task' },
      { resourceType: 'Task' },
    ]);
    expect(issues).toEqual([
      `error nest/round: ${own}#plan contains itself; it is not followed again`,
      'error lost: #nowhere is not known; a Task stands in its place',
    ]);
  });

  it('named by their id are found by it', async () => {
    const activity = { resourceType: 'ActivityDefinition' as const, status: 'active' as const };
    await put({ ...activity, id: 'walk', kind: 'ServiceRequest', code: { text: 'Walk' }, version: '2' });
    await putPlan([
      { id: 'a', title: 'A', definitionCanonical: 'ActivityDefinition/walk' },
      { id: 'b', title: 'B', definitionCanonical: 'ActivityDefinition/nowhere' },
    ]);
    const { requests, issues } = await apply();
    expect(requests).toMatchObject([
      {
        resourceType: 'ServiceRequest',
        code: { text: 'Walk' },
        instantiatesCanonical: ['ActivityDefinition/walk'],
      },
      { resourceType: 'Task' },
    ]);
    expect(issues).toEqual(['error b: ActivityDefinition/nowhere is not known; a Task stands in its place']);
  });

  it('that are libraries and are not here are named', async () => {
    await putPlan(
      [
        {
          id: 'a',
          title: 'A',
          condition: [
            { kind: 'applicability', expression: { language: 'text/cql', expression: 'Is Pregnant' } },
          ],
        },
      ],
      { library: ['Library/not-here'] },
    );
    expect((await apply()).issues[0]).toBe(
      'error a: no library of the plan holds "Is Pregnant" as ELM, which text/cql asks for: store Library/not-here first, which is not known here',
    );
  });
});

it('keeps a time that no calendar reaches as it was said', async () => {
  const due = (value: number, code: string) => ({
    due: { value, unit: code, system: 'http://unitsofmeasure.org', code },
  });
  await putPlan([{ id: 'a', title: 'A' }], {
    goal: [
      {
        description: { text: 'Walk' },
        target: [due(3, 'mo'), due(9000, 'a'), due(1e15, 'd'), due(-90000, 'a')],
      },
    ],
  });
  const { requests } = await apply();
  expect(requests[1]).toMatchObject({
    resourceType: 'Goal',
    target: [
      { dueDate: '2027-02-20' },
      { dueDuration: { value: 9000 } },
      { dueDuration: { value: 1e15 } },
      { dueDuration: { value: -90000 } },
    ],
  });
});

it('applies and explains each plan and activity among the examples of R4', async () => {
  const folder = '../shared/data/r4-examples';
  if (!existsSync(folder)) {
    process.stdout.write('The R4 examples are not here: none was applied.\n');
    return;
  }
  const examples = readdirSync(folder)
    .filter((file) => /^(?:ActivityDefinition|PlanDefinition|Questionnaire-bb|Library)/.test(file))
    .map((file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Resource);
  for (const example of examples) expect([200, 201]).toContain((await put(example)).status);
  const notKnown: string[] = [];
  let applied = 0;
  for (const { resourceType, id = '' } of examples) {
    if (resourceType === 'Library' || resourceType === 'Questionnaire') continue;
    const answer = await get(`${resourceType}/${id}/$apply?subject=Patient/anna`);
    expect([id, answer.status]).toEqual([id, 200]);
    const body = answer.body as Resource;
    expect([id, service.problemsOf(body).filter(({ severity }) => severity === 'error')]).toEqual([id, []]);
    notKnown.push(...(JSON.stringify(body).match(/[^" ]+(?= is not known; a Task)/g) ?? []));
    if (resourceType === 'PlanDefinition')
      expect((await get(`PlanDefinition/${id}/$explain?subject=Patient/anna`)).status).toBe(200);
    applied += 1;
  }
  process.stdout.write(`${applied} plans and activities among the R4 examples applied.\n`);
  // What an example names and neither it nor another holds.
  expect([...new Set(notKnown)].toSorted()).toEqual([
    '#amlodipinePrescription',
    'ActivityDefinition/administer-zika-virus-exposure-assessment',
    'ActivityDefinition/consider-igm-antibody-testing',
    'ActivityDefinition/order-serum-urine-rrt-pcr-test',
    'ActivityDefinition/order-serum-zika-dengue-virus-igm',
    'ActivityDefinition/provide-contraception-advice',
  ]);
});

describe('a plan that is very large', () => {
  it('by plans that each hold the next one twice is followed to a limit', async () => {
    let next: string | undefined;
    for (let level = 0; level < 20; level += 1) {
      const held = next === undefined ? {} : { definitionCanonical: next };
      next = `https://example.org/PlanDefinition/level-${level}`;
      const stored = await put({
        resourceType: 'PlanDefinition',
        id: `level-${level}`,
        url: next,
        status: 'active',
        action: [
          { id: 'x', title: 'X', ...held },
          { id: 'y', title: 'Y', ...held },
        ],
      });
      expect([200, 201]).toContain(stored.status);
    }
    const answer = await get('PlanDefinition/level-19/$apply?subject=Patient/anna');
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.body)).toContain(
      'is not followed: with the plans inside of it, a plan has at most 5000 actions',
    );
  });

  it('is put in order in time that grows with it, and not proposed to more people than an answer can hold', async () => {
    await putPlan(
      Array.from({ length: 2000 }, (_none, index) => ({
        id: `a${index}`,
        title: `Step ${index}`,
        ...(index > 0 && {
          relatedAction: [{ actionId: `a${index - 1}`, relationship: 'after-end' as const }],
        }),
      })),
    );
    const { actions, issues } = await apply();
    expect([actions.length, issues]).toEqual([2000, []]);
    const ids = Array.from({ length: 51 }, (_none, index) => `one-of-many-${index}`);
    for (const id of ids) await put({ resourceType: 'Patient', id });
    const many = ids.map((id) => `subject=Patient/${id}`).join('&');
    const refused = await get(`PlanDefinition/theirs/$apply?${many}`);
    expect([refused.status, (refused.body as OperationOutcome).issue[0]?.diagnostics]).toEqual([
      422,
      'https://example.org/PlanDefinition/theirs|1 has 2000 actions: ask for at most 50 people in one call',
    ]);
  });
});

describe('a definition inside the request', () => {
  const post = (path: string, parameter: Parameters['parameter']) =>
    request(service.url)
      .post(`/fhir/${path}`)
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send({ resourceType: 'Parameters', parameter });
  const subject = { name: 'subject', valueString: 'Patient/anna' };
  const inside = (action: PlanDefinitionAction) => ({
    name: 'planDefinition',
    resource: { resourceType: 'PlanDefinition' as const, status: 'draft' as const, action: [action] },
  });
  const walk = {
    id: 'a',
    title: 'Walk',
    condition: [{ kind: 'applicability' as const, expression: fhirPath('true') }],
  };

  it('is applied and explained as a stored one, the same each time, and is not stored', async () => {
    const before = (await get('PlanDefinition?_summary=count')).body.total as number;
    const applied = await post('PlanDefinition/$apply', [subject, inside(walk)]);
    expect(applied.status).toBe(200);
    expect(service.problemsOf(applied.body as Resource)).toEqual([]);
    const again = await post('PlanDefinition/$apply', [subject, inside(walk)]);
    expect(again.body).toEqual(applied.body);
    const other = await post('PlanDefinition/$apply', [subject, inside({ ...walk, title: 'Sit' })]);
    expect((other.body as CarePlan).id).not.toBe((applied.body as CarePlan).id);
    const explained = await post('PlanDefinition/$explain', [subject, inside(walk)]);
    expect(JSON.stringify(explained.body)).toContain('"valueCode":"met"');
    const activity = {
      resourceType: 'ActivityDefinition' as const,
      status: 'draft' as const,
      code: { text: 'Walk' },
    };
    const asked = await post('ActivityDefinition/$apply', [
      subject,
      { name: 'activityDefinition', resource: activity },
    ]);
    expect([asked.status, (asked.body as { code?: unknown }).code]).toEqual([200, { text: 'Walk' }]);
    expect((await get('PlanDefinition?_summary=count')).body.total).toBe(before);
  });

  it.each<[string, string, Parameters['parameter'], number, string]>([
    [
      'beside the address',
      'PlanDefinition/theirs/$apply',
      [subject, inside(walk)],
      400,
      'the plan is already named by the address',
    ],
    [
      'that is there twice',
      'PlanDefinition/$apply',
      [subject, inside(walk), inside(walk)],
      400,
      'name the plan once',
    ],
    [
      'beside a canonical',
      'PlanDefinition/$apply',
      [
        subject,
        inside(walk),
        { name: 'canonical', valueCanonical: 'https://example.org/PlanDefinition/theirs' },
      ],
      400,
      'name the plan once',
    ],
    [
      'of another type',
      'PlanDefinition/$apply',
      [subject, { name: 'planDefinition', resource: { resourceType: 'Patient' } }],
      400,
      '"planDefinition" is a PlanDefinition',
    ],
  ])('%s is refused', async (_, path, parameter, status, diagnostics) => {
    const refused = await post(path, parameter);
    expect([refused.status, (refused.body as OperationOutcome).issue[0]?.diagnostics]).toEqual([
      status,
      diagnostics,
    ]);
  });
});

it.each<[string, object, string]>([
  ['has died', { deceasedDateTime: '2026-01-01' }, 'the record says that this person has died'],
  ['has a record that is not used', { active: false }, 'this record is no longer in use'],
])('says of somebody who %s that it is so, and strict proposes nothing', async (_, change, text) => {
  await put({ resourceType: 'Patient', id: 'carl', ...change });
  await putPlan([{ id: 'a', title: 'A' }]);
  expect((await apply('subject=Patient/carl')).issues).toEqual([`warning Patient/carl: ${text}`]);
  const explained = await get('PlanDefinition/theirs/$explain?subject=Patient/carl');
  expect(JSON.stringify(explained.body)).toContain(text);
  expect((await get('PlanDefinition/theirs/$apply?subject=Patient/carl&strict=true')).status).toBe(422);
});
