// Questionnaire/$populate on the real service: every mechanism, every wrong request, and nothing of anybody else.
import type { RequestListener } from 'node:http';
import type {
  OperationDefinition,
  OperationOutcomeIssue,
  Parameters,
  Questionnaire,
  QuestionnaireResponse,
  Resource,
} from '@medplum/fhirtypes';
import request from 'supertest';
import { checkAnswers } from '../../src/instruments/check-answers.ts';
import { questionnairePopulate } from '../../src/rest/operations/questionnaire-populate.ts';
import { questionnaireResponseExtract } from '../../src/rest/operations/questionnaire-response-extract.ts';
import { bodyOf } from '../support/answer-body.ts';
import { processorMs } from '../support/processor-time.ts';
import { appPublishing } from '../support/published-questionnaires.ts';
import { startTestService, type TestService } from '../support/test-system.ts';
import {
  form,
  item,
  lookBack,
  path,
  query,
  ucum,
  unit,
  visit,
  weightCode,
} from '../unit/sdc/invented-forms.ts';

const foreignVisit = { ...visit, id: 'invented-copy', url: 'https://example.org/fhir/Questionnaire/copy' };
const faulty = form('invented-faults', [
  item('wrong-type', 'integer', { extension: [path('initialExpression', '%patient.birthDate')] }),
  item('two-names', 'string', { extension: [path('initialExpression', '%patient.name.given')] }),
  item('no-context', 'string', { extension: [path('initialExpression', '%encounter.id')] }),
  item('broken', 'string', { extension: [path('initialExpression', '%patient..')] }),
  item('clock', 'date', { extension: [path('initialExpression', 'today()')] }),
  item('everybody', 'reference', { extension: [query('initialExpression', 'Condition?_id=c1,c3')] }),
  item('no-value', 'reference', {
    extension: [query('initialExpression', 'Condition?patient={{%patient.maritalStatus.text}}')],
  }),
  item('no-such-parameter', 'reference', {
    extension: [query('initialExpression', 'Condition?nonsense={{%patient.id}}')],
  }),
  item('none-of-them', 'choice', {
    extension: [path('initialExpression', '%patient.gender')],
    answerOption: [{ valueCoding: { system: 'https://example.org/x', code: 'other' } }],
  }),
  item('several', 'group', {
    extension: [query('itemPopulationContext', 'Condition?patient={{%patient.id}}', 'one')],
    item: [item('of-one', 'string', { extension: [path('initialExpression', '%one.code.text')] })],
  }),
  item('candidates', 'string', { extension: [path('candidateExpression', '%patient.name.given')] }),
]);

let service: TestService;
let app: RequestListener;
const gp = () => service.bearer('gp', 'Practitioner/anna');

beforeAll(async () => {
  service = await startTestService();
  app = appPublishing(service, [visit, faulty]);
  await service.makeBearer('gp', 'Practitioner/anna');
  await service.makeBearer('patient', 'Patient/bea');
  await service.makeBearer('manager');
  await service.makeBearer('integrator', undefined, ['system/Questionnaire.rs', 'system/Patient.rs']);
  for (const resource of record()) await store(resource);
});
afterAll(() => service.stop());

async function store(resource: Resource): Promise<void> {
  const made = await request(app)
    .put(`/fhir/${resource.resourceType}/${resource.id}`)
    .set('Authorization', service.bearer('system'))
    .set('Content-Type', 'application/fhir+json')
    .send(JSON.stringify(resource));
  expect([resource.id, made.status, made.body]).toEqual([resource.id, 201, expect.anything()]);
}

const condition = (id: string, patient: string, text: string): Resource => ({
  resourceType: 'Condition',
  id,
  subject: { reference: `Patient/${patient}` },
  code: { text },
});

const weight = (id: string, value: number, code: string, more: object = {}): Resource => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [weightCode] },
  subject: { reference: 'Patient/bea' },
  effectiveDateTime: '2026-11-01',
  valueQuantity: { value, unit: code, system: ucum, code },
  ...more,
});

function record(): readonly Resource[] {
  const tied = [{ reference: 'Practitioner/anna' }];
  return [
    { resourceType: 'Practitioner', id: 'anna', name: [{ text: 'Invented Anna' }] },
    {
      resourceType: 'Patient',
      id: 'bea',
      gender: 'female',
      birthDate: '1980-05-01',
      name: [{ given: ['Bea', 'Maria'] }],
      generalPractitioner: tied,
    },
    { resourceType: 'Patient', id: 'stranger', birthDate: '1970-01-01' },
    {
      resourceType: 'Encounter',
      id: 'today',
      status: 'in-progress',
      class: { code: 'AMB' },
      subject: { reference: 'Patient/bea' },
      period: { start: '2026-11-20T08:30:00Z' },
    },
    {
      resourceType: 'Encounter',
      id: 'of-the-stranger',
      status: 'finished',
      class: { code: 'AMB' },
      subject: { reference: 'Patient/stranger' },
    },
    condition('c1', 'bea', 'Invented ache'),
    condition('c2', 'bea', 'Invented tiredness'),
    condition('c3', 'stranger', 'Invented secret'),
    weight('older', 69, 'kg', { effectiveDateTime: '2026-10-01' }),
    weight('newest', 70.5, 'kg'),
    weight('of-the-baby', 3, 'kg', {
      effectiveDateTime: '2026-11-10',
      focus: [{ reference: 'Patient/stranger' }],
    }),
    weight('planned', 60, 'kg', { effectiveDateTime: '2026-11-12', status: 'preliminary' }),
    visit,
    foreignVisit,
    faulty,
  ];
}

interface Answer {
  readonly status: number;
  readonly response: QuestionnaireResponse;
  readonly issues: readonly OperationOutcomeIssue[];
}

const about = (patient = 'bea') => ({ name: 'subject', valueReference: { reference: `Patient/${patient}` } });
const context = (name: string, content: object) => ({
  name: 'context',
  part: [
    { name: 'name', valueString: name },
    { name: 'content', ...content },
  ],
});

async function ask(place: string, parameter: readonly object[], as = gp()) {
  return request(app)
    .post(`/fhir/Questionnaire${place}/$populate`)
    .set('Authorization', as)
    .set('Content-Type', 'application/fhir+json')
    .send(JSON.stringify({ resourceType: 'Parameters', parameter }));
}

async function filled(place: string, parameter: readonly object[], as = gp()): Promise<Answer> {
  const answer = await ask(place, parameter, as);
  const { status } = answer;
  const body = answer.body as Parameters;
  expect([status, service.problemsOf(body)]).toEqual([200, []]);
  const [response, issues, ...more] = body.parameter ?? [];
  expect([response?.name, issues?.name ?? 'issues', more]).toEqual(['response', 'issues', []]);
  const outcome = issues?.resource;
  return {
    status,
    response: response?.resource as QuestionnaireResponse,
    issues: outcome?.resourceType === 'OperationOutcome' ? outcome.issue : [],
  };
}

const answerTo = (response: QuestionnaireResponse, linkId: string): unknown =>
  response.item?.find((each) => each.linkId === linkId)?.answer;

const text = (linkId: string) => ({ linkId, text: `Invented ${linkId}` });

describe('a published form', () => {
  const encounter = context('encounter', { valueReference: { reference: 'Encounter/today' } });

  it('is filled by expressions, Observations and initial values, in the order of its items', async () => {
    const { response, issues } = await filled('/invented-visit', [about(), encounter]);
    expect(issues).toEqual([
      {
        severity: 'information',
        code: 'informational',
        diagnostics:
          'item "why-agreed" is left out with what was found for it: its condition (enableWhen) is not met yet',
        expression: ['Questionnaire.item[9]'],
      },
    ]);
    const conditionGroup = (id: string, name: string) => ({
      ...text('condition'),
      item: [
        { ...text('condition-name'), answer: [{ valueString: name }] },
        { ...text('condition-record'), answer: [{ valueReference: { reference: `Condition/${id}` } }] },
      ],
    });
    expect(response).toEqual({
      resourceType: 'QuestionnaireResponse',
      questionnaire: 'https://example.org/fhir/Questionnaire/invented-visit|1.0.0',
      status: 'in-progress',
      subject: { reference: 'Patient/bea' },
      authored: '2026-11-20T09:00:00.000Z',
      item: [
        text('intro'),
        { ...text('birth-date'), answer: [{ valueDate: '1980-05-01' }] },
        {
          ...text('gender'),
          answer: [
            {
              valueCoding: {
                system: 'http://hl7.org/fhir/administrative-gender',
                code: 'female',
                display: 'Female',
              },
            },
          ],
        },
        { ...text('asked-by'), answer: [{ valueString: 'Invented Anna' }] },
        { ...text('visit-start'), answer: [{ valueDateTime: '2026-11-20T08:30:00Z' }] },
        { ...text('how-many'), answer: [{ valueInteger: 2 }] },
        conditionGroup('c1', 'Invented ache'),
        conditionGroup('c2', 'Invented tiredness'),
        { ...text('weight'), answer: [{ valueDecimal: 70.5 }] },
        { ...text('agreed'), answer: [{ valueBoolean: false }] },
      ],
    });
    expect(service.problemsOf(response)).toEqual([]);
    expect(checkAnswers(visit, response)).toEqual([]);
  });

  it('is the same however it is named', async () => {
    const { response } = await filled('/invented-visit', [about()]);
    const names = [
      { name: 'canonical', valueCanonical: visit.url },
      { name: 'canonical', valueUri: `${visit.url}|1.0.0` },
      { name: 'questionnaire', valueUri: visit.url },
      { name: 'questionnaire', valueReference: { reference: 'Questionnaire/invented-visit' } },
      { name: 'questionnaireRef', valueReference: { reference: 'Questionnaire/invented-visit' } },
      { name: 'identifier', valueIdentifier: { system: 'https://example.org/forms', value: 'visit' } },
    ];
    for (const name of names) {
      if (name.name === 'identifier') continue;
      expect((await filled('', [name, about()])).response).toEqual(response);
    }
    const byGet = await request(app)
      .get(`/fhir/Questionnaire/$populate?canonical=${visit.url}&subject=Patient/bea&local=true`)
      .set('Authorization', gp());
    expect((byGet.body as Parameters).parameter?.[0]?.resource).toEqual(response);
  });

  it('names by an identifier a form that carries it alone', async () => {
    const copies = { name: 'identifier', valueIdentifier: { value: 'visit' } };
    expect((await ask('', [copies, about()])).body.issue).toEqual([
      {
        severity: 'error',
        code: 'business-rule',
        diagnostics: 'several Questionnaires carry this identifier: name one by its canonical',
        expression: ['Parameters.parameter[0]'],
      },
    ]);
    await store({
      ...form('alone', [item('only', 'string')]),
      identifier: [{ system: 'urn:x', value: 'alone' }],
    } as Resource);
    const byGet = await request(app)
      .get('/fhir/Questionnaire/$populate?identifier=urn:x%7Calone&subject=Patient/bea')
      .set('Authorization', gp());
    expect(byGet.status).toBe(200);
  });

  it('leaves the record alone when "local" is false', async () => {
    const { response, issues } = await filled('/invented-visit', [
      about(),
      encounter,
      { name: 'local', valueBoolean: false },
    ]);
    expect(answerTo(response, 'birth-date')).toEqual([{ valueDate: '1980-05-01' }]);
    expect(answerTo(response, 'weight')).toBeUndefined();
    expect(issues.map(({ diagnostics }) => diagnostics)).toContain(
      'item "weight": "local" is false, so the record was not searched',
    );
  });

  it('takes a context that is in the request itself', async () => {
    const resource = {
      resourceType: 'Encounter',
      status: 'planned',
      class: { code: 'AMB' },
      period: { start: '2026-12-01' },
    };
    const { response } = await filled('/invented-visit', [about(), context('encounter', { resource })]);
    expect(answerTo(response, 'visit-start')).toEqual([{ valueDateTime: '2026-12-01' }]);
  });

  it('says of each question why it stays open', async () => {
    // The system sees everybody; a form about one person is filled from that person's record all the same.
    const { response, issues } = await filled('/invented-faults', [about()], service.bearer('system'));
    expect(service.problemsOf(response)).toEqual([]);
    expect(response.item?.every(({ answer }) => answer === undefined)).toBe(true);
    const said = issues.map(({ code, diagnostics, expression }) => [code, diagnostics, expression?.[0]]);
    expect(said).toEqual([
      ['value', 'item "wrong-type" is left open: what was found is no integer', 'Questionnaire.item[0]'],
      [
        'value',
        'item "two-names" is left open: 2 values were found and it takes one',
        'Questionnaire.item[1]',
      ],
      ['invalid', 'item "no-context": %encounter is not known here', 'Questionnaire.item[2]'],
      ['invalid', expect.stringContaining('item "broken": malformed: '), 'Questionnaire.item[3]'],
      [
        'invalid',
        'item "clock": malformed: today() reads the wall clock; use %today',
        'Questionnaire.item[4]',
      ],
      [
        'security',
        'item "everybody": the query finds more than the record of the subject, so nothing of it was used',
        'Questionnaire.item[5]',
      ],
      [
        'invalid',
        'item "no-value": {{%patient.maritalStatus.text}} has no value to search with',
        'Questionnaire.item[6]',
      ],
      [
        'invalid',
        expect.stringContaining('item "no-such-parameter": the query is not understood: '),
        'Questionnaire.item[7]',
      ],
      ['value', 'item "none-of-them" is left open: what was found is no choice', 'Questionnaire.item[8]'],
      [
        'multiple-matches',
        'group "several": 2 were found and the group does not repeat, so none was chosen',
        'Questionnaire.item[9]',
      ],
      [
        'informational',
        'item "candidates": its candidates are for a person to choose from, so none is filled in',
        'Questionnaire.item[10]',
      ],
    ]);
  });

  it('says what the caller may not search, instead of calling it empty', async () => {
    const integrator = service.bearer('integrator');
    const { response, issues } = await filled('/invented-visit', [about()], integrator);
    expect(answerTo(response, 'weight')).toBeUndefined();
    expect(issues).toContainEqual({
      severity: 'warning',
      code: 'forbidden',
      diagnostics: 'item "weight": this token may not search Observation resources, so it is not known',
      expression: ['Questionnaire.item[7]'],
    });
  });
});

describe('a form that somebody else wrote', () => {
  it('has no expression run, and says so for each', async () => {
    const { response, issues } = await filled('/invented-copy', [about()]);
    expect(response.questionnaire).toBe('https://example.org/fhir/Questionnaire/copy|1.0.0');
    expect(answerTo(response, 'birth-date')).toBeUndefined();
    expect(answerTo(response, 'weight')).toEqual([{ valueDecimal: 70.5 }]);
    expect(answerTo(response, 'agreed')).toEqual([{ valueBoolean: false }]);
    const why = 'expressions are run only in questionnaires that this service publishes';
    expect(issues.filter(({ diagnostics }) => diagnostics?.endsWith(why))).toHaveLength(9);
    expect(issues[0]).toEqual({
      severity: 'warning',
      code: 'not-supported',
      diagnostics: `variable %conditions: ${why}`,
      expression: ['Questionnaire'],
    });
  });

  it('cannot hang the service by a pattern, even under the address of a published one', async () => {
    const hostile: Questionnaire = {
      ...visit,
      item: [
        item('pattern', 'boolean', {
          extension: [path('initialExpression', "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')")],
        }),
      ],
    };
    const replaced = await request(app)
      .put('/fhir/Questionnaire/invented-visit')
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send(JSON.stringify(hostile));
    expect(replaced.status).toBe(200);
    const started = processorMs();
    const { issues } = await filled('/invented-visit', [about()]);
    expect(processorMs() - started).toBeLessThan(1000);
    expect(issues[1]?.diagnostics).toBe(
      'item "pattern": expressions are run only in questionnaires that this service publishes',
    );
    const restored = await request(app)
      .put('/fhir/Questionnaire/invented-visit')
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send(JSON.stringify(visit));
    expect(restored.status).toBe(200);
  });

  it('makes no more than a hundred searches', async () => {
    const greedy = form(
      'greedy',
      Array.from({ length: 150 }, (_each, at) =>
        item(`weight-${at}`, 'decimal', { code: [weightCode], extension: [lookBack(1, 'a'), unit('kg')] }),
      ),
    );
    await store(greedy);
    const { response, issues } = await filled('/greedy', [about()]);
    expect(response.item?.filter(({ answer }) => answer)).toHaveLength(100);
    expect(issues[0]?.diagnostics).toBe('item "weight-100": one call makes at most 100 searches');
  });
});

describe('the newest Observation', () => {
  const asks = (more: object) =>
    form('asks-weight', [item('weight', 'decimal', { code: [weightCode], ...more })]);
  const fill = async (questionnaire: Questionnaire) => {
    await request(app)
      .put(`/fhir/Questionnaire/${questionnaire.id}`)
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', 'application/fhir+json')
      .send(JSON.stringify(questionnaire));
    const { response, issues } = await filled(`/${questionnaire.id}`, [about()]);
    return [answerTo(response, 'weight'), issues[0]?.diagnostics];
  };

  it.each([
    ['of the period', { extension: [lookBack(1, 'mo'), unit('kg')] }, [{ valueDecimal: 70.5 }], undefined],
    ['too long ago', { extension: [lookBack(2, 'd'), unit('kg')] }, undefined, undefined],
    [
      'in another unit',
      { extension: [lookBack(1, 'mo'), unit('[lb_av]')] },
      undefined,
      'item "weight" is left open: what was found has another unit than the question; units are not converted',
    ],
    [
      'for a question without a unit',
      { extension: [lookBack(1, 'mo')] },
      undefined,
      'item "weight" is left open: what was found has another unit than the question; units are not converted',
    ],
    [
      'for a question that repeats',
      { repeats: true, extension: [lookBack(1, 'mo'), unit('kg')] },
      undefined,
      'item "weight": filling from Observations needs a code (at most 50), a period in a unit of time, and one answer only',
    ],
    [
      'under more codes than one thing has',
      {
        code: Array.from({ length: 51 }, (_each, at) => ({ code: `code-${at}` })),
        extension: [lookBack(1, 'mo'), unit('kg')],
      },
      undefined,
      'item "weight": filling from Observations needs a code (at most 50), a period in a unit of time, and one answer only',
    ],
    [
      'within a period of no time',
      { extension: [lookBack(1, 'kg'), unit('kg')] },
      undefined,
      'item "weight": filling from Observations needs a code (at most 50), a period in a unit of time, and one answer only',
    ],
  ])('%s', async (_name, more, answer, issue) => {
    expect(await fill(asks(more))).toEqual([answer, issue]);
  });

  it('gives way to no default when it does not fit, and to the default when there is none', async () => {
    const initial = [{ valueDecimal: 1 }];
    expect(await fill(asks({ initial, extension: [lookBack(2, 'd'), unit('kg')] }))).toEqual([
      initial,
      undefined,
    ]);
    expect((await fill(asks({ initial, extension: [lookBack(1, 'mo'), unit('g')] })))[0]).toBeUndefined();
  });

  it('is never an older one in its place', async () => {
    await store(
      weight('no-value', 0, 'kg', {
        effectiveDateTime: '2026-11-19',
        valueQuantity: undefined,
        dataAbsentReason: { text: 'not done' },
      }),
    );
    expect(await fill(asks({ extension: [lookBack(1, 'mo'), unit('kg')] }))).toEqual([
      undefined,
      'item "weight": the newest Observation has no value',
    ]);
  });
});

describe('a request that cannot be', () => {
  const at = (at: number, more = '') => [`Parameters.parameter[${at}]${more}`];
  const visitName = { name: 'canonical', valueCanonical: visit.url };
  const refusals: readonly [string, string, readonly object[], number, string, readonly string[]][] = [
    [
      'no subject',
      '/invented-visit',
      [{ name: 'local', valueBoolean: true }],
      400,
      '"subject" is needed: the patient, such as "Patient/x"',
      ['Parameters.parameter'],
    ],
    ['two subjects', '/invented-visit', [about(), about()], 400, '"subject" may be given once only', at(1)],
    [
      'no form',
      '',
      [about()],
      400,
      '"canonical" is needed: the url of the Questionnaire, with or without |version',
      ['Parameters.parameter'],
    ],
    ['two forms', '', [about(), visitName, visitName], 400, 'name the Questionnaire once', at(2)],
    [
      'a form beside the address',
      '/invented-visit',
      [about(), visitName],
      400,
      'the Questionnaire is already named by the address',
      at(1),
    ],
    [
      'a form in the request',
      '',
      [about(), { name: 'questionnaire', resource: visit }],
      400,
      'name a Questionnaire that is stored here; one inside the request is not filled',
      at(1),
    ],
    [
      'an identifier without a value',
      '',
      [about(), { name: 'identifier', valueIdentifier: { system: 'urn:x' } }],
      400,
      '"identifier" is an Identifier with a value, or "system|value"',
      at(1),
    ],
    [
      'an unknown identifier',
      '',
      [about(), { name: 'identifier', valueIdentifier: { value: 'none' } }],
      404,
      'no Questionnaire carries this identifier',
      at(1),
    ],
    [
      'an unknown canonical',
      '',
      [about(), { name: 'canonical', valueUri: 'urn:x' }],
      404,
      'Questionnaire urn:x is not known',
      at(1),
    ],
    [
      'an unknown version',
      '',
      [about(), { name: 'canonical', valueUri: `${visit.url}|9` }],
      404,
      `Questionnaire ${visit.url}|9 is not known`,
      at(1),
    ],
    [
      'a patient out of reach',
      '/invented-visit',
      [about('stranger')],
      404,
      'Patient/stranger is not known',
      at(0),
    ],
    [
      'a patient who does not exist',
      '/invented-visit',
      [about('nobody')],
      404,
      'Patient/nobody is not known',
      at(0),
    ],
    [
      'a subject that is no patient',
      '/invented-visit',
      [{ name: 'subject', valueReference: { reference: 'Practitioner/anna' } }],
      422,
      '"Practitioner/anna" is not a reference to Patient on this server',
      at(0),
    ],
    [
      'a context without content',
      '/invented-visit',
      [about(), { name: 'context', part: [{ name: 'name', valueString: 'encounter' }] }],
      400,
      '"context" needs the parts "name" and "content"',
      at(1),
    ],
    [
      'a context that is text',
      '/invented-visit',
      [about(), context('encounter', { valueString: 'x' })],
      400,
      '"content" is a Reference or a resource',
      at(1, '.part[1]'),
    ],
    [
      'a context of another type',
      '/invented-visit',
      [about(), context('encounter', { resource: { resourceType: 'Patient' } })],
      422,
      'context "encounter" takes Encounter, not Patient',
      at(1, '.part[1]'),
    ],
    [
      'a context of another patient',
      '/invented-visit',
      [
        about(),
        context('encounter', {
          resource: {
            resourceType: 'Encounter',
            status: 'planned',
            class: { code: 'AMB' },
            subject: { reference: 'Patient/stranger' },
          },
        }),
      ],
      404,
      'context "encounter" is not known',
      at(1, '.part[1]'),
    ],
    [
      'a context out of reach',
      '/invented-visit',
      [about(), context('encounter', { valueReference: { reference: 'Encounter/of-the-stranger' } })],
      404,
      'Encounter/of-the-stranger is not known',
      at(1, '.part[1]'),
    ],
    [
      'an unknown parameter',
      '/invented-visit',
      [about(), { name: 'locale', valueString: 'nl' }],
      400,
      'unknown parameter "locale"; known here: canonical, questionnaire, questionnaireRef, identifier, subject, context, local',
      at(1, '.name'),
    ],
  ];
  it.each(refusals)('%s', async (_name, place, parameter, status, diagnostics, expression) => {
    const answer = await ask(place, parameter);
    const said = bodyOf(answer).issue.map((each) => [each.severity, each.diagnostics, each.expression]);
    expect([answer.status, said]).toEqual([status, [['error', diagnostics, expression]]]);
  });

  it('a form about somebody else than a patient', async () => {
    await store(form('of-a-device', [item('only', 'string')], { subjectType: ['Device'] }));
    const answer = await ask('/of-a-device', [about()]);
    expect([answer.status, answer.body.issue[0].diagnostics]).toEqual([
      422,
      'this Questionnaire is about a Device, not about a Patient',
    ]);
  });

  it('a form or a role that is not there', async () => {
    expect((await ask('/nothing-here', [about()])).status).toBe(404);
    expect((await ask('/invented-visit', [about()], service.bearer('manager'))).status).toBe(403);
  });

  it('a context that the form does not declare is named, and not used', async () => {
    const { issues } = await filled('/invented-visit', [
      about(),
      context('constructor', { valueReference: { reference: 'Encounter/of-the-stranger' } }),
    ]);
    expect(issues).toContainEqual({
      severity: 'information',
      code: 'informational',
      diagnostics: 'the Questionnaire declares no launch context "constructor": it was not used',
      expression: ['Parameters.parameter[1].part[1]'],
    });
  });
});

it('stores nothing, and lets patients fill forms from their own record only', async () => {
  const patient = service.bearer('patient', 'Patient/bea');
  const { response } = await filled('/invented-visit', [about()], patient);
  expect(answerTo(response, 'birth-date')).toEqual([{ valueDate: '1980-05-01' }]);
  expect((await ask('/invented-visit', [about('stranger')], patient)).status).toBe(404);
  const found = await request(app)
    .get('/fhir/QuestionnaireResponse?_total=accurate&_count=0')
    .set('Authorization', service.bearer('system'));
  expect(found.body.total).toBe(0);
});

it('looks into the value sets that a form contains, and does not go round in circles', async () => {
  const system = 'https://example.org/invented';
  const chooses = (id: string, compose: object) =>
    ({
      ...form(id, [
        item('one', 'choice', {
          answerValueSet: '#options',
          initial: [{ valueCoding: { system, code: 'a' } }],
        }),
        item('other', 'choice', {
          answerValueSet: '#options',
          initial: [{ valueCoding: { system, code: 'z' } }],
        }),
      ]),
      contained: [{ resourceType: 'ValueSet', id: 'options', status: 'active', compose }],
    }) as Resource;
  await store(chooses('listed', { include: [{ system, concept: [{ code: 'a' }, { code: 'b' }] }] }));
  await store(chooses('circle', { include: [{ valueSet: ['#options'] }] }));
  const listed = await filled('/listed', [about()]);
  expect(answerTo(listed.response, 'one')).toEqual([{ valueCoding: { system, code: 'a' } }]);
  expect(listed.issues.map(({ diagnostics }) => diagnostics)).toEqual([
    'item "other" is left open: what was found is not in its value set',
  ]);
  const circle = await filled('/circle', [about()]);
  expect(circle.issues.map(({ diagnostics }) => diagnostics)).toEqual([
    'item "one" is left open: the codes of its value set are not at hand',
    'item "other" is left open: the codes of its value set are not at hand',
  ]);
});

it.each([questionnairePopulate, questionnaireResponseExtract])(
  '$name takes exactly the parameters that are defined',
  async (operation) => {
    const found = await request(app)
      .get(`/fhir/OperationDefinition/${operation.definition.split('/').at(-1)}`)
      .set('Authorization', gp());
    const defined = ((found.body as OperationDefinition).parameter ?? []).filter(({ use }) => use === 'in');
    const answer = await request(app)
      .post(`/fhir/${operation.resourceType}/$${operation.name}`)
      .set('Authorization', gp())
      .set('Content-Type', 'application/fhir+json')
      .send('{"resourceType":"Parameters","parameter":[{"name":"unknown-to-all","valueCode":"x"}]}');
    const known = bodyOf(answer).issue[0]?.diagnostics?.split('known here: ')[1]?.split(', ') ?? [];
    expect(known.toSorted()).toEqual(defined.map(({ name }) => name).toSorted());
  },
);

it('fills the forms of the service from initial values alone: they ask for nothing else', async () => {
  const { response, issues } = await filled('/phq-15', [about()]);
  expect(issues).toEqual([]);
  expect(response.item?.every(({ answer }) => answer === undefined)).toBe(true);
});
