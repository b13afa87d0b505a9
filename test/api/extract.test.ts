// QuestionnaireResponse/$extract on the real service: what answers come to, what they never come to, and every wrong request.
import type { RequestListener } from 'node:http';
import type {
  Bundle,
  BundleEntry,
  Observation,
  OperationOutcomeIssue,
  Parameters,
  Patient,
  Questionnaire,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  Resource,
} from '@medplum/fhirtypes';
import request from 'supertest';
import { bodyOf } from '../support/answer-body.ts';
import { appPublishing } from '../support/published-questionnaires.ts';
import { startTestService, type TestService } from '../support/test-system.ts';
import {
  builds,
  category,
  definition,
  extract,
  form,
  item,
  loinc,
  path,
  query,
  ucum,
  unit,
  weightCode,
  writes,
} from '../unit/sdc/invented-forms.ts';

/** The code under which the service itself stores the total of a PHQ-15. */
const phq15Total = { system: loinc, code: '70273-8' };
const code = (value: string) => [{ system: 'https://example.org/invented', code: value }];

const measures = form(
  'invented-measures',
  [
    item('weight', 'decimal', { code: [weightCode], extension: [unit('kg')] }),
    item('mood', 'choice', {
      code: code('mood'),
      answerOption: [{ valueCoding: { system: 'https://example.org/invented', code: 'fine' } }],
    }),
    item('pets', 'string', { code: code('pets'), repeats: true }),
    item('pressure', 'group', {
      code: code('pressure'),
      repeats: true,
      item: [
        item('upper', 'quantity', { code: code('upper'), extension: [extract('component')] }),
        item('lower', 'integer', { code: code('lower'), extension: [extract('component'), unit('mm[Hg]')] }),
      ],
    }),
    item('sleep', 'boolean', {
      code: code('sleep'),
      item: [
        item('hours', 'integer', { code: code('hours'), extension: [extract('member')] }),
        item('rest', 'time', { code: code('rest'), extension: [extract('derived')] }),
      ],
    }),
    item('picture', 'attachment', { code: code('picture') }),
    item('private', 'group', {
      extension: [extract(false)],
      item: [item('secret', 'string', { code: code('secret') })],
    }),
    item('total', 'decimal', {
      code: [{ system: 'https://example.org/invented', code: 'sum' }, phq15Total],
    }),
    item('no-code', 'string'),
    item('mixed', 'string', { code: code('mixed'), extension: [extract(true), extract('member')] }),
    item('loose', 'string', { code: code('loose'), extension: [extract('member')] }),
  ],
  { extension: [extract(true), category] },
);

/** A part of the same code as its whole is no valid Observation (obs-7), and the night names it as a member. */
const sameCodes = form(
  'invented-same-codes',
  [
    item('night', 'boolean', {
      code: code('night'),
      item: [
        item('depth', 'integer', {
          code: code('depth'),
          extension: [extract('member')],
          item: [item('again', 'integer', { code: code('depth'), extension: [extract('component')] })],
        }),
      ],
    }),
    item('day', 'boolean', { code: code('day') }),
  ],
  { extension: [extract(true)] },
);

const person = form('invented-person', [
  item('person', 'group', {
    extension: [builds('Patient')],
    item: [
      item('born', 'date', { definition: definition('Patient.birthDate') }),
      item('gender', 'choice', {
        definition: definition('Patient.gender'),
        answerOption: [
          { valueCoding: { system: 'http://hl7.org/fhir/administrative-gender', code: 'female' } },
        ],
      }),
      item('name', 'group', {
        repeats: true,
        definition: definition('Patient.name'),
        item: [
          item('given', 'string', { repeats: true, definition: definition('Patient.name.given') }),
          item('family', 'string', { definition: definition('Patient.name.family') }),
        ],
      }),
      item('phone', 'string', {
        repeats: true,
        definition: definition('Patient.telecom.value'),
        extension: [writes('Patient.telecom.system', { valueCode: 'phone' })],
      }),
      item('alive', 'boolean', { definition: definition('Patient.deceased[x]') }),
      item('nowhere', 'string', { definition: definition('Patient.nowhere') }),
      item('second-birth', 'date', { definition: definition('Patient.birthDate') }),
      item('language', 'string', { definition: definition('Patient.communication.language') }),
    ],
  }),
]);

const details = form('invented-details', [
  item('details', 'group', {
    extension: [query('itemExtractionContext', 'Patient?_id={{%patient.id}}')],
    item: [
      item('born', 'date', { definition: definition('Patient.birthDate') }),
      item('phone', 'string', {
        definition: definition('Patient.telecom.value'),
        extension: [writes('Patient.telecom.system', { valueCode: 'phone' })],
      }),
    ],
  }),
]);

const complaint = form(
  'invented-complaint',
  [item('what', 'open-choice', { definition: definition('Condition.code') })],
  {
    extension: [
      builds('Condition'),
      writes('Condition.subject', path('x', '%resource.subject')),
      writes('Condition.recordedDate', path('x', '%resource.authored')),
    ],
  },
);

const kept = form('invented-kept', [
  item('kept', 'group', {
    extension: [builds('Condition')],
    item: [
      item('id', 'string', { definition: definition('Condition.id') }),
      item('note', 'string', { definition: definition('Condition.note.text') }),
      item('onset', 'date', { definition: definition('Condition.onset[x]') }),
    ],
  }),
]);

let service: TestService;
let app: RequestListener;
const gp = () => service.bearer('gp', 'Practitioner/anna');

beforeAll(async () => {
  service = await startTestService();
  app = appPublishing(service, [details, complaint]);
  await service.makeBearer('gp', 'Practitioner/anna');
  await service.makeBearer('patient', 'Patient/bea');
  await service.makeBearer('manager');
  const tied = [{ reference: 'Practitioner/anna' }];
  const record: readonly Resource[] = [
    { resourceType: 'Patient', id: 'bea', birthDate: '1980-05-01', generalPractitioner: tied },
    { resourceType: 'Patient', id: 'carl', generalPractitioner: tied },
    { resourceType: 'Patient', id: 'stranger' },
    {
      resourceType: 'Condition',
      id: 'of-bea',
      subject: { reference: 'Patient/bea' },
      note: [{ text: 'old' }],
    },
    { resourceType: 'Condition', id: 'of-carl', subject: { reference: 'Patient/carl' } },
    { resourceType: 'Condition', id: 'of-the-stranger', subject: { reference: 'Patient/stranger' } },
    measures,
    sameCodes,
    person,
    kept,
    { ...details, id: 'copy', url: 'https://example.org/fhir/Questionnaire/copy-of-details' },
  ];
  for (const resource of record) await send('put', `/fhir/${resource.resourceType}/${resource.id}`, resource);
});
afterAll(() => service.stop());

const send = async (method: 'put' | 'post', address: string, body: object, as = service.bearer('system')) =>
  request(app)
    [method](address)
    .set('Authorization', as)
    .set('Content-Type', 'application/fhir+json')
    .send(JSON.stringify(body));

type Given = Omit<QuestionnaireResponseItem, 'linkId'>;

const answers = (
  questionnaire: Questionnaire,
  items: Readonly<Record<string, Given>> | readonly QuestionnaireResponseItem[],
  more: Partial<QuestionnaireResponse> = {},
): QuestionnaireResponse => ({
  resourceType: 'QuestionnaireResponse',
  questionnaire: `${questionnaire.url}|${questionnaire.version}`,
  status: 'completed',
  subject: { reference: 'Patient/bea' },
  authored: '2026-11-19T10:00:00+01:00',
  author: { reference: 'Practitioner/anna' },
  item: itemsOf(items),
  ...more,
});

function itemsOf(
  items: Readonly<Record<string, Given>> | readonly QuestionnaireResponseItem[],
): QuestionnaireResponseItem[] {
  return Array.isArray(items)
    ? items
    : Object.entries(items).map(([linkId, given]) => ({ linkId, ...(given as Given) }));
}

const isText = (valueString: string): Given => ({ answer: [{ valueString }] });

interface Extracted {
  readonly entries: readonly BundleEntry[];
  readonly issues: readonly OperationOutcomeIssue[];
}

/** Every entry is valid R4, or the test fails. */
async function extracted(address: string, body: object, as = gp()): Promise<Extracted> {
  const answer = await send('post', `/fhir/QuestionnaireResponse${address}/$extract`, body, as);
  expect([answer.status, service.problemsOf(answer.body as Parameters)]).toEqual([200, []]);
  const [first, second] = (answer.body as Parameters).parameter ?? [];
  const bundle = first?.resource as Bundle;
  expect([first?.name, bundle.type]).toEqual(['return', 'transaction']);
  for (const { resource } of bundle.entry ?? []) {
    expect(resource && service.problemsOf(resource).filter(({ severity }) => severity === 'error')).toEqual(
      [],
    );
  }
  const outcome = second?.resource;
  return {
    entries: bundle.entry ?? [],
    issues: outcome?.resourceType === 'OperationOutcome' ? outcome.issue : [],
  };
}

async function stored(response: QuestionnaireResponse): Promise<string> {
  const made = await send('post', '/fhir/QuestionnaireResponse', response);
  expect([made.status, made.body.issue]).toEqual([201, undefined]);
  return `/${made.body.id}`;
}

const said = (issues: readonly OperationOutcomeIssue[]) => issues.map(({ diagnostics }) => diagnostics);

describe('Observations', () => {
  const vital = category.valueCodeableConcept;
  const shared = (source: string) => ({
    resourceType: 'Observation',
    status: 'final',
    category: [vital],
    subject: { reference: 'Patient/bea' },
    effectiveDateTime: '2026-11-19T10:00:00+01:00',
    issued: '2026-11-19T10:00:00+01:00',
    performer: [{ reference: 'Practitioner/anna' }],
    derivedFrom: [{ reference: `QuestionnaireResponse${source}` }],
  });

  it('are made of each answer, with its unit, its components and its members', async () => {
    const mmHg = { unit: 'mm[Hg]', system: ucum, code: 'mm[Hg]' };
    const response = answers(measures, [
      { linkId: 'weight', answer: [{ valueDecimal: 70.5 }] },
      { linkId: 'mood', answer: [{ valueCoding: { system: 'https://example.org/invented', code: 'fine' } }] },
      { linkId: 'pets', answer: [{ valueString: 'cat' }, { valueString: 'dog' }] },
      {
        linkId: 'pressure',
        item: [
          { linkId: 'upper', answer: [{ valueQuantity: { value: 120, ...mmHg } }] },
          { linkId: 'lower', answer: [{ valueInteger: 80 }] },
        ],
      },
      { linkId: 'pressure', item: [{ linkId: 'lower', answer: [{ valueInteger: 70 }] }] },
      {
        linkId: 'sleep',
        answer: [
          {
            valueBoolean: true,
            item: [
              { linkId: 'hours', answer: [{ valueInteger: 7 }] },
              { linkId: 'rest', answer: [{ valueTime: '22:00:00' }] },
            ],
          },
        ],
      },
      { linkId: 'private', item: [{ linkId: 'secret', ...isText('x') }] },
      { linkId: 'no-code', ...isText('x') },
    ]);
    const source = await stored(response);
    const { entries, issues } = await extracted(source, { resourceType: 'Parameters' });
    expect(issues).toEqual([]);
    expect(
      entries.every(({ request: asked }) => asked?.method === 'POST' && asked.url === 'Observation'),
    ).toBe(true);
    const of = (value: string) => ({ code: { coding: code(value) } });
    const base = shared(source);
    const [, , , , , , sleep, hours, rest] = entries;
    expect(entries.map(({ resource }) => resource)).toEqual([
      {
        ...base,
        code: { coding: [weightCode] },
        valueQuantity: { value: 70.5, unit: 'kg', system: ucum, code: 'kg' },
      },
      {
        ...base,
        ...of('mood'),
        valueCodeableConcept: { coding: [{ system: 'https://example.org/invented', code: 'fine' }] },
      },
      { ...base, ...of('pets'), valueString: 'cat' },
      { ...base, ...of('pets'), valueString: 'dog' },
      {
        ...base,
        ...of('pressure'),
        component: [
          { ...of('upper'), valueQuantity: { value: 120, ...mmHg } },
          { ...of('lower'), valueQuantity: { value: 80, ...mmHg } },
        ],
      },
      { ...base, ...of('pressure'), component: [{ ...of('lower'), valueQuantity: { value: 70, ...mmHg } }] },
      { ...base, ...of('sleep'), valueBoolean: true, hasMember: [{ reference: hours?.fullUrl }] },
      { ...base, ...of('hours'), valueInteger: 7 },
      {
        ...base,
        ...of('rest'),
        valueTime: '22:00:00',
        derivedFrom: [...base.derivedFrom, { reference: sleep?.fullUrl }],
      },
    ]);
    expect(rest?.fullUrl).toMatch(/^urn:uuid:/);
  });

  it('can be stored as the transaction that they are', async () => {
    const source = await stored(
      answers(measures, [
        {
          linkId: 'sleep',
          answer: [{ valueBoolean: true, item: [{ linkId: 'hours', answer: [{ valueInteger: 7 }] }] }],
        },
      ]),
    );
    const { entries } = await extracted(source, { resourceType: 'Parameters' });
    const done = await send(
      'post',
      '/fhir',
      { resourceType: 'Bundle', type: 'transaction', entry: entries },
      gp(),
    );
    expect([done.status, (done.body as Bundle).entry?.map(({ response }) => response?.status)]).toEqual([
      200,
      ['201 Created', '201 Created'],
    ]);
  });

  it('are not made of scores that the service computes, nor of what no Observation can hold', async () => {
    const response = answers(measures, {
      picture: {
        answer: [{ valueAttachment: { contentType: 'image/png', url: 'https://example.org/x.png' } }],
      },
      total: { answer: [{ valueDecimal: 3 }] },
      mixed: isText('x'),
      loose: isText('x'),
    });
    const { entries, issues } = await extracted('', response);
    expect(entries).toEqual([]);
    expect(said(issues)).toEqual([
      'item "picture": an Observation cannot hold an answer of type attachment',
      'item "total": scores are computed by this service from the answers and never taken from what a form states',
      'item "mixed": observationExtract is either true or false or a relationship, not both',
      'item "loose": it stands in no Observation that it could be a member of',
    ]);
  });

  it('are left out when they would not be valid, and so are those that refer to them', async () => {
    const depth = {
      linkId: 'depth',
      answer: [{ valueInteger: 3, item: [{ linkId: 'again', answer: [{ valueInteger: 4 }] }] }],
    };
    const given = answers(sameCodes, [
      { linkId: 'night', answer: [{ valueBoolean: true, item: [depth] }] },
      { linkId: 'day', answer: [{ valueBoolean: true }] },
    ]);
    const { entries, issues } = await extracted('', given);
    expect(entries.map(({ resource }) => (resource as Observation).code.coding?.[0]?.code)).toEqual(['day']);
    expect(said(issues).filter((each) => each?.includes('left out'))).toEqual([
      expect.stringContaining('one Observation is left out because it would not be valid: obs-7'),
      'one Observation is left out because what it refers to is',
    ]);
  });

  it('say that they derive from answers that were sent only when those are stored', async () => {
    const weight = answers(measures, { weight: { answer: [{ valueDecimal: 70 }] } });
    const source = await stored(weight);
    const derivedFrom = async (id: string, patient = 'bea') => {
      const { entries, issues } = await extracted('', {
        resourceType: 'Parameters',
        parameter: [
          {
            name: 'questionnaire-response',
            resource: { ...weight, id, subject: { reference: `Patient/${patient}` } },
          },
        ],
      });
      const note = 'these answers are not stored, so no Observation says that it derives from them';
      const isNamed = entries.some(({ resource }) => resource && 'derivedFrom' in resource);
      expect(said(issues)).toEqual(isNamed ? [] : [note]);
      return (entries[0]?.resource as Observation | undefined)?.derivedFrom;
    };
    expect(await derivedFrom(source.slice(1))).toEqual([{ reference: `QuestionnaireResponse${source}` }]);
    expect(await derivedFrom('invented')).toBeUndefined();
    expect(await derivedFrom(source.slice(1), 'carl')).toBeUndefined();
  });

  it('are about somebody', async () => {
    const { subject: _subject, ...response } = answers(measures, {
      weight: { answer: [{ valueDecimal: 70 }] },
    });
    const { entries, issues } = await extracted('', response);
    expect([entries, said(issues).at(-1)]).toEqual([
      [],
      'item "weight": an Observation needs to be about somebody: no subject',
    ]);
  });
});

describe('resources by the definitions of items', () => {
  const all = (more: Readonly<Record<string, Given>> = {}) =>
    answers(person, [
      {
        linkId: 'person',
        item: [
          ...itemsOf({
            born: { answer: [{ valueDate: '1980-05-01' }] },
            gender: {
              answer: [
                { valueCoding: { system: 'http://hl7.org/fhir/administrative-gender', code: 'female' } },
              ],
            },
          }),
          {
            linkId: 'name',
            item: itemsOf({
              given: { answer: [{ valueString: 'Bea' }, { valueString: 'M.' }] },
              family: isText('A'),
            }),
          },
          { linkId: 'name', item: itemsOf({ family: isText('B') }) },
          ...itemsOf({
            phone: { answer: [{ valueString: '1' }, { valueString: '2' }] },
            alive: { answer: [{ valueBoolean: false }] },
          }),
          ...itemsOf(more),
        ],
      },
    ]);

  it('are built of their answers, each repetition by itself', async () => {
    const { entries, issues } = await extracted('', all());
    expect(issues).toEqual([]);
    expect(entries).toEqual([
      {
        fullUrl: entries[0]?.fullUrl,
        request: { method: 'POST', url: 'Patient' },
        resource: {
          resourceType: 'Patient',
          birthDate: '1980-05-01',
          gender: 'female',
          name: [{ given: ['Bea', 'M.'], family: 'A' }, { family: 'B' }],
          telecom: [
            { value: '1', system: 'phone' },
            { value: '2', system: 'phone' },
          ],
          deceasedBoolean: false,
        },
      },
    ]);
  });

  it('leave out what is no element, what was given twice and what is of another type', async () => {
    const { entries, issues } = await extracted(
      '',
      all({
        nowhere: isText('x'),
        'second-birth': { answer: [{ valueDate: '1981-01-01' }] },
        language: isText('nl'),
      }),
    );
    expect((entries[0]?.resource as Patient | undefined)?.birthDate).toBe('1980-05-01');
    expect(said(issues)).toEqual([
      'item "nowhere" is not extracted: Patient has no nowhere',
      'item "second-birth" is not extracted: birthDate was given twice',
      'item "language" is not extracted: the answer is no value of communication.language',
    ]);
  });

  it('are not made when no answer finds its place', async () => {
    const response = answers(person, [{ linkId: 'person', item: itemsOf({ nowhere: isText('x') }) }]);
    const { entries, issues } = await extracted('', response);
    expect([entries, said(issues)]).toEqual([
      [],
      [
        'item "nowhere" is not extracted: Patient has no nowhere',
        'item "person": no resource is extracted: none of its answers could be written',
      ],
    ]);
  });

  it.each([
    ['Condition', 'subject', 'code', {}],
    ['Condition', 'subject', 'code', { id: isText('of-bea') }],
    ['RelatedPerson', 'patient', 'relationship', {}],
  ])('are not about another patient than the answers: %s.%s %s %j', async (type, subject, what, more) => {
    const other = form(`other-${type.toLowerCase()}`, [
      item('it', 'group', {
        extension: [
          builds(type),
          writes(`${type}.${subject}`, { valueReference: { reference: 'Patient/carl' } }),
        ],
        item: [
          item('id', 'string', { definition: definition(`${type}.id`) }),
          item('what', 'open-choice', { definition: definition(`${type}.${what}`) }),
        ],
      }),
    ]);
    await send('put', `/fhir/Questionnaire/${other.id}`, other);
    const response = (about: object) =>
      answers(other, [{ linkId: 'it', item: itemsOf({ ...more, what: isText('headache') }) }], about);
    const { entries, issues } = await extracted('', response({}));
    expect([entries, said(issues).at(-1)]).toEqual([
      [],
      'item "it": no resource is extracted: it would be about another patient than the answers',
    ]);
    if (Object.keys(more).length > 0) return;
    const ofCarl = await extracted('', response({ subject: { reference: 'Patient/carl' } }));
    expect(ofCarl.entries.map(({ request: asked }) => asked?.url)).toEqual([type]);
  });

  it('are of a type of R4', async () => {
    const odd = form('odd-type', [
      item('it', 'group', {
        extension: [builds('Nothing')],
        item: [item('what', 'string', { definition: definition('Nothing.what') })],
      }),
    ]);
    await send('put', '/fhir/Questionnaire/odd-type', odd);
    const { entries, issues } = await extracted(
      '',
      answers(odd, [{ linkId: 'it', item: itemsOf({ what: isText('x') }) }]),
    );
    expect([entries, said(issues)]).toEqual([
      [],
      ['item "it": no resource is extracted: Nothing is no type of resource'],
    ]);
  });

  it('change the resource that the context finds, if it is still that version', async () => {
    const response = answers(details, [
      {
        linkId: 'details',
        item: itemsOf({ born: { answer: [{ valueDate: '1980-05-02' }] }, phone: isText('1') }),
      },
    ]);
    const { entries, issues } = await extracted('', response);
    expect(issues).toEqual([]);
    expect(entries).toEqual([
      {
        request: { method: 'PUT', url: 'Patient/bea', ifMatch: 'W/"1"' },
        resource: {
          resourceType: 'Patient',
          id: 'bea',
          birthDate: '1980-05-02',
          generalPractitioner: [{ reference: 'Practitioner/anna' }],
          telecom: [{ system: 'phone', value: '1' }],
          meta: entries[0]?.resource?.meta,
        },
      },
    ]);
  });

  it('leave alone what the answers do not change', async () => {
    const same = itemsOf({ born: { answer: [{ valueDate: '1980-05-01' }] } });
    const { entries } = await extracted('', answers(details, [{ linkId: 'details', item: same }]));
    expect(entries).toEqual([]);
  });

  it('are not changed by a form that somebody else wrote, because its query is not run', async () => {
    const copy = { ...details, url: 'https://example.org/fhir/Questionnaire/copy-of-details' };
    const born = itemsOf({ born: { answer: [{ valueDate: '1980-05-02' }] } });
    const { entries, issues } = await extracted('', answers(copy, [{ linkId: 'details', item: born }]));
    expect([entries, said(issues)]).toEqual([
      [],
      [
        'item "details": expressions are run only in questionnaires that this service publishes',
        'item "details": no resource is extracted: what is to be changed is not known',
      ],
    ]);
  });

  it('take what the form computes', async () => {
    const { entries, issues } = await extracted('', answers(complaint, { what: isText('Invented ache') }));
    expect(said(issues)).toEqual([]);
    expect(entries[0]?.resource).toEqual({
      resourceType: 'Condition',
      code: { text: 'Invented ache' },
      subject: { reference: 'Patient/bea' },
      recordedDate: '2026-11-19T10:00:00+01:00',
    });
  });

  describe('that a hidden item names by id', () => {
    const keeping = (id: string, more: Readonly<Record<string, Given>>) =>
      answers(kept, [{ linkId: 'kept', item: itemsOf({ id: isText(id), ...more }) }]);
    const onset = { onset: { answer: [{ valueDate: '2026-01-01' }] } };

    it('are changed', async () => {
      const { entries } = await extracted('', keeping('of-bea', onset));
      expect(entries[0]?.request).toEqual({ method: 'PUT', url: 'Condition/of-bea', ifMatch: 'W/"1"' });
      expect(entries[0]?.resource).toMatchObject({
        id: 'of-bea',
        onsetDateTime: '2026-01-01',
        note: [{ text: 'old' }],
      });
    });

    it('are not added to where a list is there already', async () => {
      const { entries, issues } = await extracted('', keeping('of-bea', { note: isText('new') }));
      expect([entries, said(issues).at(-1)]).toEqual([
        [],
        'item "note" is not extracted: note is there already and repeats, and the form does not say which is meant',
      ]);
    });

    it.each([
      ['of-carl', 'what is to be changed is not of the record of the subject'],
      ['of-the-stranger', 'what is to be changed is not known'],
      ['nothing', 'what is to be changed is not known'],
      ['../Patient', 'what is to be changed is not known'],
    ])('are of the subject: not %s', async (id, why) => {
      const { entries, issues } = await extracted('', keeping(id, onset));
      expect([entries, said(issues).at(-1)]).toEqual([[], `item "kept": no resource is extracted: ${why}`]);
    });

    it('are left out when they would not be valid', async () => {
      const { entries, issues } = await extracted(
        '',
        answers(kept, [{ linkId: 'kept', item: itemsOf(onset) }]),
      );
      expect([entries, said(issues).at(-1)]).toEqual([
        [],
        expect.stringContaining('one Condition is left out because it would not be valid: '),
      ]);
    });
  });

  it('are no scores either', async () => {
    const forged = form('forged', [
      item('forged', 'group', {
        extension: [
          builds('Observation'),
          writes('Observation.status', { valueCode: 'final' }),
          writes('Observation.code.coding', {
            valueCoding: phq15Total,
          }),
        ],
        item: [item('value', 'integer', { definition: definition('Observation.value[x]') })],
      }),
    ]);
    await send('put', '/fhir/Questionnaire/forged', forged);
    const response = answers(forged, [
      { linkId: 'forged', item: itemsOf({ value: { answer: [{ valueInteger: 3 }] } }) },
    ]);
    const { entries, issues } = await extracted('', response);
    expect([entries, said(issues).at(-1)]).toEqual([
      [],
      'item "forged": no resource is extracted: scores are computed by this service from the answers and never taken from what a form states',
    ]);
  });

  it.each([
    [
      'a profile',
      { valueCanonical: 'https://example.org/StructureDefinition/x' },
      [],
      'only a type of R4 is built, not a profile',
    ],
    [
      'a condition',
      { valueCanonical: 'http://hl7.org/fhir/StructureDefinition/Patient' },
      [{ url: 'ifNoneExist', valueString: 'x' }],
      'the condition ifNoneExist is not supported',
    ],
  ])('are not built from %s', async (_name, value, more, why) => {
    const unsupported = form(
      'unsupported',
      [item('born', 'date', { definition: definition('Patient.birthDate') })],
      {
        extension: [{ ...builds('Patient'), extension: [{ url: 'definition', ...value }, ...more] }],
      },
    );
    await send('put', '/fhir/Questionnaire/unsupported', unsupported);
    const { entries, issues } = await extracted(
      '',
      answers(unsupported, { born: { answer: [{ valueDate: '1980' }] } }),
    );
    expect([entries, said(issues).at(-1)]).toEqual([
      [],
      `the Questionnaire: no resource is extracted: ${why}`,
    ]);
  });
});

describe('a request that cannot be', () => {
  const sent = (more: Partial<QuestionnaireResponse>) =>
    answers(measures, { weight: { answer: [{ valueDecimal: 70 }] } }, more);
  const named = (...responses: readonly object[]) => ({
    resourceType: 'Parameters',
    parameter: responses.map((resource) => ({ name: 'questionnaire-response', resource })),
  });
  it.each<[string, string, () => object, number, string, string]>([
    [
      'in progress',
      '',
      () => sent({ status: 'in-progress' }),
      422,
      'answers that are in-progress are not extracted, only completed or amended ones',
      'QuestionnaireResponse.status',
    ],
    [
      'in error',
      '',
      () => sent({ status: 'entered-in-error' }),
      422,
      'answers that are entered-in-error are not extracted, only completed or amended ones',
      'QuestionnaireResponse.status',
    ],
    [
      'of no known form',
      '',
      () => sent({ questionnaire: 'urn:x' }),
      422,
      'the Questionnaire of these answers is not known here, so nothing says what they come to',
      'QuestionnaireResponse.questionnaire',
    ],
    [
      'that does not fit its form',
      '',
      () => sent({ item: [{ linkId: 'nothing' }] }),
      422,
      'The questionnaire has no item with linkId "nothing"',
      'QuestionnaireResponse.item[0].linkId',
    ],
    [
      'about a patient out of reach',
      '',
      () => sent({ subject: { reference: 'Patient/stranger' } }),
      404,
      'Patient/stranger is not known',
      'QuestionnaireResponse.subject',
    ],
    [
      'without a response',
      '',
      () => ({ resourceType: 'Parameters' }),
      400,
      '"questionnaire-response" is needed: a QuestionnaireResponse, in Parameters or as the body',
      'Parameters.parameter',
    ],
    [
      'with another resource',
      '',
      () => named({ resourceType: 'Patient' }),
      400,
      '"questionnaire-response" is needed: a QuestionnaireResponse, in Parameters or as the body',
      'Parameters.parameter[0]',
    ],
    [
      'with two responses',
      '',
      () => named(sent({}), sent({})),
      400,
      'one response at a time',
      'Parameters.parameter[1]',
    ],
    [
      'with an address and a response',
      '/x',
      () => named(sent({})),
      400,
      'the response is already named by the address',
      'Parameters.parameter[0]',
    ],
    [
      'with an unknown parameter',
      '',
      () => ({ resourceType: 'Parameters', parameter: [{ name: 'x', valueCode: 'x' }] }),
      400,
      'unknown parameter "x"; known here: questionnaire-response',
      'Parameters.parameter[0].name',
    ],
  ])('%s', async (_name, address, body, status, diagnostics, expression) => {
    const answer = await send('post', `/fhir/QuestionnaireResponse${address}/$extract`, body(), gp());
    const said = bodyOf(answer).issue.map((each) => [each.severity, each.diagnostics, each.expression]);
    expect([answer.status, said]).toEqual([status, [['error', diagnostics, [expression]]]]);
  });

  it("with a response that is not valid, or not there, or not the caller's", async () => {
    const invalid = await send(
      'post',
      '/fhir/QuestionnaireResponse/$extract',
      { resourceType: 'QuestionnaireResponse' },
      gp(),
    );
    expect(invalid.status).toBe(400);
    const bare = { resourceType: 'Parameters' };
    expect((await send('post', '/fhir/QuestionnaireResponse/nothing/$extract', bare, gp())).status).toBe(404);
    const theirs = await stored(sent({ subject: { reference: 'Patient/stranger' } }));
    expect((await send('post', `/fhir/QuestionnaireResponse${theirs}/$extract`, bare, gp())).status).toBe(
      404,
    );
    const manager = service.bearer('manager');
    expect((await send('post', `/fhir/QuestionnaireResponse${theirs}/$extract`, bare, manager)).status).toBe(
      403,
    );
  });
});

it('refuses answers that come to more than one transaction takes', async () => {
  const many = Array.from({ length: 1001 }, () => ({ valueString: 'x' }));
  const response = answers(measures, { pets: { answer: many } });
  const answer = await send('post', '/fhir/QuestionnaireResponse/$extract', response, gp());
  expect([answer.status, bodyOf(answer).issue[0]?.diagnostics]).toEqual([
    422,
    'these answers come to more than the 1000 resources of one transaction',
  ]);
});

it('stores nothing, also for a patient', async () => {
  const count = async () =>
    (
      await request(app)
        .get('/fhir/Observation?_total=accurate&_count=0')
        .set('Authorization', service.bearer('system'))
    ).body.total as number;
  const before = await count();
  const response = answers(measures, { weight: { answer: [{ valueDecimal: 70 }] } });
  const { entries } = await extracted('', response, service.bearer('patient', 'Patient/bea'));
  expect([entries.length, await count()]).toEqual([1, before]);
});

it('says so when a form asks for nothing to be extracted', async () => {
  const response = answers(form('x', [], { url: 'https://w3id.org/alongside/fhir/Questionnaire/fsq' }), {
    'fsq-duration': { answer: [{ valueBoolean: true }] },
  });
  const source = await stored(response);
  const { entries, issues } = await extracted(source, { resourceType: 'Parameters' });
  expect([entries, said(issues)]).toEqual([[], ['the Questionnaire asks for nothing to be extracted']]);
});
