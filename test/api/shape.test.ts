// _summary, _elements and _pretty: https://hl7.org/fhir/R4/search.html#summary and https://hl7.org/fhir/R4/http.html#parameters
import type { Resource } from '@medplum/fhirtypes';
import { bodyOf, entryOf, resourceOf } from '../support/answer-body.ts';
import { asking, outcomeOf } from '../support/asking.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
const ask = asking(() => service);
const text = { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Ada</div>' };
const tag = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }];
const patient = {
  resourceType: 'Patient',
  id: 'ada',
  meta: { tag: [{ code: 'kept' }] },
  text,
  name: [{ family: 'Invented' }],
  birthDate: '1980-01-01',
  _birthDate: { extension: [{ url: 'https://example.org/e', valueString: 'about' }] },
  maritalStatus: { text: 'not a summary element' },
  contact: [{ name: { family: 'Other' } }],
  link: [{ other: { reference: 'Patient/other' }, type: 'seealso' }],
};
const observation = {
  resourceType: 'Observation',
  id: 'obs',
  text,
  status: 'entered-in-error',
  code: { text: 'x' },
  subject: { reference: 'Patient/ada' },
  valueQuantity: { value: 1.5, unit: 'mg' },
  note: [{ text: 'a note' }],
  component: [{ code: { text: 'part' }, valueString: 'v', referenceRange: [{ text: 'r' }] }],
};

beforeAll(async () => {
  service = await startTestService();
  await ask('put', '/Patient/other', { resourceType: 'Patient', id: 'other' });
  await ask('put', '/Patient/ada', patient);
  await ask('put', '/Observation/obs', JSON.stringify(observation).replace('1.5', '1.50'));
  await ask('put', '/Condition/c', {
    resourceType: 'Condition',
    id: 'c',
    subject: { reference: 'Patient/ada' },
    code: { text: 'x' },
    verificationStatus: {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'entered-in-error' },
      ],
    },
    note: [{ text: 'a note' }],
  });
});
afterAll(() => service.stop());

const keysOf = async (path: string) => Object.keys((await ask('get', path)).body as object);

describe('a part of a resource', () => {
  it.each([
    ['/Patient/ada?_summary=true', ['resourceType', 'id', 'meta', 'name', 'birthDate', '_birthDate', 'link']],
    ['/Patient/ada?_summary=text', ['resourceType', 'id', 'meta', 'text', 'link']],
    ['/Patient/ada?_elements=name', ['resourceType', 'id', 'meta', 'name', 'link']],
    [
      '/Patient/ada?_elements=name&_elements=birthDate',
      ['resourceType', 'id', 'meta', 'name', 'birthDate', '_birthDate', 'link'],
    ],
    [
      '/Patient/ada?_elements=birthDate,Patient.contact',
      ['resourceType', 'id', 'meta', 'birthDate', '_birthDate', 'contact', 'link'],
    ],
    ['/Observation/obs?_summary=text', ['resourceType', 'id', 'meta', 'text', 'status', 'code']],
    ['/Observation/obs?_elements=value', ['resourceType', 'id', 'meta', 'status', 'code', 'valueQuantity']],
    [
      '/Observation/obs?_elements=value%5Bx%5D',
      ['resourceType', 'id', 'meta', 'status', 'code', 'valueQuantity'],
    ],
    [
      '/Observation/obs?_summary=data',
      ['resourceType', 'id', 'meta', 'status', 'code', 'subject', 'valueQuantity', 'note', 'component'],
    ],
    [
      '/Observation/obs?_summary=true',
      ['resourceType', 'id', 'meta', 'status', 'code', 'subject', 'valueQuantity', 'component'],
    ],
  ])('%s has what was asked for, what is mandatory and what changes its meaning', async (path, keys) => {
    expect((await keysOf(path)).toSorted()).toEqual(keys.toSorted());
    const answer = await ask('get', path);
    expect((answer.body as Resource).meta?.tag?.slice(-1)).toEqual(tag);
    expect(
      service.problemsOf(answer.body as Resource).filter(({ severity }) => severity === 'error'),
    ).toEqual([]);
  });

  it('never loses that it was entered in error', async () => {
    expect(await keysOf('/Condition/c?_elements=code')).toContain('verificationStatus');
  });

  it('leaves out what is no summary inside what is', async () => {
    const { component } = (await ask('get', '/Observation/obs?_summary=true')).body as typeof observation;
    expect(component).toEqual([{ code: { text: 'part' }, valueString: 'v' }]);
  });

  it('keeps decimals and tags, and the version of the whole', async () => {
    expect((await ask('get', '/Observation/obs?_elements=value')).text).toContain('"value":1.50');
    const answer = await ask('get', '/Patient/ada?_elements=name');
    expect((answer.body as Resource).meta?.tag).toEqual([{ code: 'kept' }, ...tag]);
    expect(answer.headers['etag']).toBe('W/"1"');
    expect((await ask('get', '/Patient/ada?_elements=name').set('If-None-Match', 'W/"1"')).status).toBe(304);
  });

  it('comes by vread, search, history and Bundle too', async () => {
    const vread = (await ask('get', '/Patient/ada/_history/1?_elements=name')).body as object;
    expect(Object.keys(vread)).not.toContain('birthDate');
    const searched = await ask('get', '/Patient?_id=ada&_summary=true&_revinclude=Observation:subject');
    expect(entryOf(searched, 0).resource).not.toHaveProperty('contact');
    expect(entryOf(searched, 1).resource).not.toHaveProperty('note');
    expect(bodyOf(searched).link[0]?.url).toMatch(/_summary=true$/);
    for (const path of ['/Patient/ada/_history', '/Patient/_history', '/_history']) {
      const history = await ask('get', `${path}?_elements=id&_count=1`);
      expect([path, entryOf(history, 0).resource.meta]).toMatchObject([
        path,
        { tag: expect.arrayContaining(tag) as unknown },
      ]);
      expect(bodyOf(history).link[0]?.url).toMatch(/_history\?_elements=id&_count=1$/);
    }
    const batch = await ask('post', '', {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [
        'Patient/ada?_elements=name',
        'Patient?_id=ada&_elements=name',
        'Patient/ada?_elements=shoe',
      ].map((url) => ({
        request: { method: 'GET', url },
      })),
    });
    expect(entryOf(batch, 0).resource).not.toHaveProperty('birthDate');
    expect(entryOf({ body: entryOf(batch, 1).resource }, 0).resource).not.toHaveProperty('birthDate');
    expect(entryOf(batch, 2).response.status).toBe('400');
  });

  it('is followed through the pages of a search', async () => {
    const first = await ask('get', '/Patient?_elements=name&_count=1');
    const next = bodyOf(first).link.find(({ relation }) => relation === 'next')?.url ?? '';
    const second = await ask('get', next.replace(/^.*\/fhir/, ''));
    expect(
      [entryOf(first, 0), entryOf(second, 0)].map(({ resource }) =>
        Object.keys(resource).includes('birthDate'),
      ),
    ).toEqual([false, false]);
  });

  it('counts alone with _summary=count', async () => {
    const answer = await ask('get', '/Patient?_summary=count');
    expect([bodyOf(answer).total, bodyOf(answer).entry]).toEqual([2, undefined]);
  });

  it('is the stored text when everything is asked for', async () => {
    const whole = (await ask('get', '/Patient/ada')).text;
    expect((await ask('get', '/Patient/ada?_summary=false')).text).toBe(whole);
    expect(whole).not.toContain('SUBSETTED');
  });

  it('cannot be sent back', async () => {
    const body = resourceOf(await ask('get', '/Patient/ada?_summary=true'));
    const says = outcomeOf(
      'business-rule',
      'This is a part of the resource (meta.tag SUBSETTED): storing it would lose the rest. Read the whole, without _summary and _elements, and send that.',
      'Patient.meta.tag',
    );
    const put = await ask('put', '/Patient/ada', body);
    expect([put.status, put.body]).toEqual([422, says]);
    expect((await ask('put', '/Patient?_id=ada', body)).status).toBe(422);
    const entry = [{ resource: body, request: { method: 'PUT', url: 'Patient/ada' } }];
    const transaction = await ask('post', '', { resourceType: 'Bundle', type: 'transaction', entry });
    expect([transaction.status, bodyOf(transaction).issue[0]?.expression]).toEqual([
      422,
      ['Bundle.entry[0].resource.meta.tag'],
    ]);
    expect((await ask('get', '/Patient/ada')).headers['etag']).toBe('W/"1"');
  });
});

describe('a wish that cannot be met', () => {
  it.each([
    ['/Patient/ada?_summary=some', '_summary must be one of true, text, data, count, false.', '_summary'],
    ['/Patient/ada?_summary=count', '_summary=count is for searches.', '_summary'],
    ['/Patient?_summary=yes', '_summary must be one of true, text, data, count, false.', '_summary'],
    ['/Patient/ada?_elements=', '_elements needs names of elements, such as identifier,name.', '_elements'],
    [
      '/Patient/ada?_elements=name.family',
      '_elements: name has no element "family" at its top. Name such elements, without what is inside them.',
      '_elements',
    ],
    [
      '/Patient/ada?_elements=constructor',
      '_elements: Patient has no element "constructor" at its top. Name such elements, without what is inside them.',
      '_elements',
    ],
    [
      '/Patient?_elements=shoeSize',
      '_elements: Patient has no element "shoeSize" at its top. Name such elements, without what is inside them.',
      '_elements',
    ],
    [
      '/Patient?_elements=name&_summary=true',
      '_summary and _elements cannot be asked for together.',
      '_elements',
    ],
  ])('is refused: %s', async (path, says, place) => {
    const answer = await ask('get', path);
    expect([answer.status, answer.body]).toEqual([400, outcomeOf('invalid', says, place)]);
  });
});

describe('a part of each resource that an operation answers with', () => {
  const partsOf = async (path: string) => {
    const answer = await ask('get', path);
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
    const { entry, link } = bodyOf(answer);
    return {
      keys: entry.map(({ resource }) => Object.keys(resource)),
      links: link.map(({ relation, url }) => `${relation} ${url.replace(/^.*\?|&?_cursor=.*$/g, '')}`),
    };
  };

  it('is kept to by the links of $everything, on each page', async () => {
    const { keys, links } = await partsOf('/Patient/ada/$everything?_elements=name,code&_count=1');
    expect(keys[0]).toEqual(['resourceType', 'id', 'meta', 'name', 'link']);
    expect(links).toEqual(['self _count=1&_elements=name,code', 'next _count=1&_elements=name,code']);
    const summary = await partsOf('/Patient/ada/$everything?_summary=text&_type=Observation');
    expect(summary.keys).toEqual([['resourceType', 'id', 'meta', 'text', 'status', 'code']]);
    expect(summary.links).toEqual(['self _type=Observation&_summary=text']);
  });

  it('is what $lastn gives of the newest', async () => {
    await ask('put', '/Observation/last', {
      ...observation,
      id: 'last',
      status: 'final',
      subject: { reference: 'Patient/other' },
      code: { coding: [{ system: 'urn:example:codes', code: 'last' }] },
    });
    const query = 'patient=other&code=urn:example:codes|last&_summary=text';
    const { keys, links } = await partsOf(`/Observation/$lastn?${query}`);
    expect(keys).toEqual([['resourceType', 'id', 'meta', 'text', 'status', 'code']]);
    expect(links).toEqual(['self max=1&patient=other&code=urn:example:codes%7Clast&_summary=text']);
  });

  it.each([
    ['/Patient/ada/$everything?_summary=count', '_summary=count is for searches.', '_summary'],
    [
      '/Patient/ada/$everything?_elements=',
      '_elements needs names of elements, such as identifier,name.',
      '_elements',
    ],
  ])('is refused: %s', async (path, says, place) => {
    const answer = await ask('get', path);
    expect([answer.status, answer.body]).toEqual([400, outcomeOf('invalid', says, place)]);
  });
});

describe('_pretty', () => {
  it('indents whatever is answered, and changes nothing else', async () => {
    const answer = await ask('get', '/Observation/obs?_pretty=true');
    expect(answer.text).toContain('\n  "status": "entered-in-error",\n');
    expect(answer.text).toContain('"value": 1.50');
    expect(answer.body).toEqual((await ask('get', '/Observation/obs')).body);
    expect((await ask('get', '/Patient/nobody?_pretty=true')).text).toMatch(
      /^\{\n {2}"resourceType": "OperationOutcome",\n/,
    );
    expect((await ask('get', '/Observation/obs?_pretty=false')).text).not.toContain('\n');
  });
});
