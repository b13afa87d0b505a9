// What a value means in a search, at the edges: several values of one parameter, ends of a precision, addresses with a slash
// behind them, identifiers in references.
import request from 'supertest';
import { type AnswerBody, bodyOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

interface Sent {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

async function put(resource: Sent): Promise<void> {
  const answer = await request(service.url)
    .put(`/fhir/${resource.resourceType}/${resource.id}`)
    .set('Authorization', service.bearer('system'))
    .set('Content-Type', 'application/fhir+json')
    .send(JSON.stringify(resource));
  expect([answer.status, answer.text]).toEqual([201, expect.anything()]);
}

async function search(query: string): Promise<{ readonly ids: readonly string[]; readonly next?: string }> {
  const answer = await request(service.url)
    .get(`/fhir/${query}`)
    .set('Authorization', service.bearer('system'));
  expect(answer.status).toBe(200);
  const { entry, link }: Partial<AnswerBody> = bodyOf(answer);
  const next = link?.find(({ relation }) => relation === 'next')?.url.replace(/^.*\/fhir\//, '');
  return { ids: (entry ?? []).map(({ resource }) => resource.id), ...(next !== undefined && { next }) };
}

const idsOf = async (query: string) => (await search(query)).ids;

/** All pages of one match each, one after the other. */
async function walked(query: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let next: string | undefined = `${query}&_count=1`;
  while (next !== undefined) {
    const page: Awaited<ReturnType<typeof search>> = await search(next);
    ids.push(...page.ids);
    next = page.next;
  }
  return ids;
}

describe('of several values a resource is sorted by the one that comes first in the order asked for', () => {
  beforeAll(async () => {
    const families: Readonly<Record<string, readonly string[]>> = {
      wide: ['Aalto', 'Young'],
      middle: ['Moore'],
      low: ['Brown', 'Carter'],
      nameless: [],
    };
    for (const [id, names] of Object.entries(families)) {
      const name = names.map((family) => ({ family }));
      await put({
        resourceType: 'Patient',
        id,
        gender: 'other',
        ...(name.length > 0 && { name }),
      });
    }
    const location = (start: string) => ({
      location: { reference: 'Location/invented' },
      period: { start, end: start },
    });
    const stays: Readonly<Record<string, readonly string[]>> = {
      long: ['2024-01-01', '2024-12-01'],
      summer: ['2024-06-01'],
      spring: ['2024-03-01', '2024-04-01'],
    };
    for (const [id, starts] of Object.entries(stays)) {
      await put({
        resourceType: 'Encounter',
        id,
        status: 'finished',
        class: { code: 'AMB' },
        location: starts.map(location),
      });
    }
  });

  it.each([
    ['Patient?gender=other&_sort=family', ['wide', 'low', 'middle', 'nameless']],
    ['Patient?gender=other&_sort=-family', ['wide', 'middle', 'low', 'nameless']],
    ['Encounter?_sort=location-period', ['long', 'spring', 'summer']],
    ['Encounter?_sort=-location-period', ['long', 'summer', 'spring']],
    ['Encounter?_sort=-location-period,_id', ['long', 'summer', 'spring']],
  ])('%s', async (query, ids) => {
    expect(await idsOf(query)).toEqual(ids);
    expect(await walked(query)).toEqual(ids);
  });
});

describe('an address with a slash behind it', () => {
  beforeAll(async () => {
    const urls = {
      site: 'http://acme.example/',
      base: 'http://acme.example/fhir',
      folder: 'http://acme.example/fhir/',
      set: 'http://acme.example/fhir/ValueSet/123',
      beside: 'http://acme.example/fhir-old/ValueSet/123',
    };
    for (const [id, url] of Object.entries(urls)) {
      await put({ resourceType: 'ValueSet', id, status: 'draft', url });
    }
  });

  it.each([
    ['below=http://acme.example/fhir/', ['folder', 'set']],
    ['below=http://acme.example/fhir', ['base', 'folder', 'set']],
    ['below=http://acme.example/', ['base', 'beside', 'folder', 'set', 'site']],
    ['above=http://acme.example/fhir/ValueSet/123/_history/5', ['base', 'folder', 'set', 'site']],
    ['above=http://acme.example/fhir/', ['base', 'folder', 'site']],
    ['above=http://acme.example/fhir', ['base', 'site']],
  ])('url:%s', async (query, ids) => {
    expect(await idsOf(`ValueSet?url:${query}&_sort=_id`)).toEqual(ids);
  });
});

it('finds the identifier in a reference by every parameter that reads the reference', async () => {
  const named = { identifier: { system: 'urn:example:people', value: '77' } };
  await put({
    resourceType: 'Coverage',
    id: 'by-identifier',
    status: 'active',
    beneficiary: named,
    payor: [{ display: 'invented' }],
  });
  for (const parameter of ['beneficiary', 'patient']) {
    const query = `Coverage?${parameter}:identifier=urn:example:people|77`;
    expect([query, await idsOf(query)]).toEqual([query, ['by-identifier']]);
  }
});

describe('a value that can be found is not missing', () => {
  beforeAll(async () => {
    const system = 'http://loinc.org';
    const subjects: Readonly<Record<string, object | undefined>> = {
      addressed: { reference: 'Patient/wide' },
      identified: { type: 'Patient', identifier: { system: 'urn:example:people', value: '77' } },
      group: { reference: 'Group/invented' },
      none: undefined,
    };
    for (const [id, subject] of Object.entries(subjects)) {
      await put({
        resourceType: 'Observation',
        id,
        status: 'final',
        code: id === 'addressed' ? { coding: [{ system, code: '1' }] } : { text: 'Weight in words' },
        ...(subject && { subject }),
        ...(id === 'identified' && { valueCodeableConcept: { text: 'in words' } }),
      });
    }
    await put({ resourceType: 'Patient', id: 'spoken', communication: [{ language: { text: 'Dutch' } }] });
  });

  it.each([
    ['Observation?code:missing', [], ['addressed', 'group', 'identified', 'none']],
    ['Observation?value-concept:missing', ['addressed', 'group', 'none'], ['identified']],
    ['Observation?subject:missing', ['none'], ['addressed', 'group', 'identified']],
    ['Observation?patient:missing', ['group', 'none'], ['addressed', 'identified']],
    ['Coverage?patient:missing', [], ['by-identifier']],
    ['Patient?_id=spoken,wide&language:missing', ['wide'], ['spoken']],
    ['Patient?_id=spoken,wide&_has:Observation:patient:value-concept:missing', ['wide'], []],
  ])('%s', async (query, missing, present) => {
    expect(await idsOf(`${query}=true&_sort=_id`)).toEqual(missing);
    expect(await idsOf(`${query}=false&_sort=_id`)).toEqual(present);
  });
});

describe('a number stands for half a unit of its last digit to either side, the lower end included', () => {
  beforeAll(async () => {
    const values = ['0.00015', '0.00025', '1.005', '1.015', '5.34', '5.35', '5.4', '5.45', '5.55'];
    for (const value of values) {
      await put({
        resourceType: 'RiskAssessment',
        id: `r${value}`,
        status: 'final',
        subject: { display: 'invented' },
        prediction: [{ probabilityDecimal: Number(value) }],
      });
    }
  });

  it.each([
    ['5.4', ['r5.35', 'r5.4']],
    ['54e-1', ['r5.35', 'r5.4']],
    ['5.40', ['r5.4']],
    ['5.5', ['r5.45']],
    ['1.01', ['r1.005']],
    ['2e-4', ['r0.00015']],
    ['0.0002', ['r0.00015']],
    ['ne5.4', ['r0.00015', 'r0.00025', 'r1.005', 'r1.015', 'r5.34', 'r5.45', 'r5.55']],
    ['ap1', ['r1.005', 'r1.015']],
  ])('probability=%s', async (value, ids) => {
    expect(await idsOf(`RiskAssessment?probability=${value}&_sort=_id`)).toEqual(ids);
  });
});

describe('a token without its code, or without its value', () => {
  beforeAll(async () => {
    await put({
      resourceType: 'Encounter',
      id: 'only-system',
      status: 'finished',
      class: { system: 'urn:example:classes', display: 'Visit at the kitchen table' },
      identifier: [
        {
          system: 'urn:example:visits',
          type: { coding: [{ system: 'urn:example:kinds', code: 'V' }], text: 'number of the visit' },
        },
      ],
    });
  });

  it.each([
    ['class=urn:example:classes|', ['only-system']],
    ['class:text=visit at', ['only-system']],
    ['_id=only-system&class:missing=true', []],
    ['identifier=urn:example:visits|', ['only-system']],
    ['identifier:text=number', ['only-system']],
    ['_id=only-system&identifier:missing=true', []],
  ])('is found by what it has: Encounter?%s', async (query, ids) => {
    expect(await idsOf(`Encounter?${query}`)).toEqual(ids);
  });
});

it('takes :of-type on every parameter of identifiers', async () => {
  await put({
    resourceType: 'ServiceRequest',
    id: 'required',
    status: 'active',
    intent: 'order',
    subject: { display: 'invented' },
    requisition: {
      type: { coding: [{ system: 'urn:example:kinds', code: 'REQ' }] },
      system: 'urn:example:requisitions',
      value: '7',
    },
  });
  expect(await idsOf('ServiceRequest?requisition:of-type=urn:example:kinds|REQ|7')).toEqual(['required']);
  expect(await idsOf('ServiceRequest?requisition:of-type=urn:example:kinds|OTHER|7')).toEqual([]);
});

it('finds the contact of a subscription as other telephone numbers and addresses', async () => {
  await put({
    resourceType: 'Subscription',
    id: 'contacted',
    status: 'requested',
    reason: 'invented',
    criteria: 'Observation?code=1',
    contact: [{ system: 'email', value: 'Invented@example.org' }],
    channel: { type: 'websocket' },
  });
  for (const value of ['invented@example.org', '|INVENTED@example.org', 'email|invented@example.org']) {
    expect([value, await idsOf(`Subscription?contact=${value}`)]).toEqual([value, ['contacted']]);
  }
});

it('finds words that are longer than what the index keeps of them, by all of them', async () => {
  const description = `${'Words of an invented set. '.repeat(30)}The end.`;
  await put({ resourceType: 'ValueSet', id: 'wordy', status: 'draft', description });
  const asked = encodeURIComponent(description);
  expect(await idsOf(`ValueSet?description:exact=${asked}`)).toEqual(['wordy']);
  expect(await idsOf(`ValueSet?description=${asked}`)).toEqual(['wordy']);
  expect(await idsOf(`ValueSet?description:exact=${asked.toUpperCase()}`)).toEqual([]);
});
