// References to this server by its own address, as the addresses that it hands out are: they mean what a relative one means.
import type { Parameters } from '@medplum/fhirtypes';
import request from 'supertest';
import { type AnswerBody, bodyOf, entryOf, statusesOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

describe.each([
  ['its settings', false, 'http://alongside.example/fhir'],
  ['the request', true, 'http://clinic.example:8080/fhir'],
])('where the address of the service is that of %s', (_name, isAddressFromHost, base) => {
  let service: TestService;
  const send = (method: 'get' | 'post' | 'put' | 'patch', path: string, body?: unknown) => {
    const asked = request(service.url)
      [method](`/fhir${path}`)
      .set('Authorization', service.bearer('system'))
      .set('Host', 'clinic.example:8080');
    const type = method === 'patch' ? 'application/json-patch+json' : 'application/fhir+json';
    return body === undefined
      ? asked
      : asked.set('Content-Type', type).send(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const observation = (subject: string, more: object = {}) => ({
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'Invented' },
    subject: { reference: subject },
    ...more,
  });
  const subjectOf = (body: AnswerBody) => body.subject.reference;
  const foundBy = async (query: string) =>
    bodyOf(await send('get', `/Observation?${query}&_summary=count`)).total;

  beforeAll(async () => {
    service = await startTestService({ isAddressFromHost });
    for (const id of ['ada', 'other']) {
      await send('put', `/Patient/${id}`, { resourceType: 'Patient', id, name: [{ family: 'Invented' }] });
    }
  });
  afterAll(() => service.stop());

  it('they are stored as relative ones, by whichever way they come', async () => {
    const created = await send('post', '/Observation', observation(`${base}/Patient/ada`));
    expect([created.status, subjectOf(bodyOf(created))]).toEqual([201, 'Patient/ada']);
    const { id } = bodyOf(created);
    const updated = await send('put', `/Observation/${id}`, observation(`${base}/Patient/other`, { id }));
    expect([updated.status, subjectOf(bodyOf(updated))]).toEqual([200, 'Patient/other']);
    const patch = [{ op: 'replace', path: '/subject/reference', value: `${base}/Patient/ada` }];
    const patched = await send('patch', `/Observation/${id}`, patch);
    expect([patched.status, subjectOf(bodyOf(patched))]).toEqual([200, 'Patient/ada']);
    for (const type of ['batch', 'transaction']) {
      const answer = await send('post', '', {
        resourceType: 'Bundle',
        type,
        entry: [
          {
            resource: observation(`${base}/Patient/ada`),
            request: { method: 'POST', url: 'Observation' },
          },
          {
            resource: {
              resourceType: 'Binary',
              contentType: 'application/json-patch+json',
              data: Buffer.from(JSON.stringify(patch)).toString('base64'),
            },
            request: { method: 'PATCH', url: `Observation/${id}` },
          },
        ],
      }).set('Prefer', 'return=representation');
      expect(statusesOf(answer)).toEqual(['201 Created', '200 OK']);
      expect(bodyOf(answer).entry.map(({ resource }) => subjectOf(resource))).toEqual([
        'Patient/ada',
        'Patient/ada',
      ]);
    }
    expect(await foundBy('patient=ada')).toBe(3);
    expect(await foundBy(`subject=${base}/Patient/ada`)).toBe(3);
    expect(await foundBy(`subject.name=invented&subject=${base}/Patient/ada/_history/1`)).toBe(3);
    expect(bodyOf(await send('get', '/Patient?_has:Observation:patient:status=final')).entry).toHaveLength(1);
  });

  it('they are known when their slashes are escaped, as some writers of JSON do', async () => {
    const written = JSON.stringify(observation(`${base}/Patient/ada`)).replaceAll('/', '\\/');
    expect(subjectOf(bodyOf(await send('post', '/Observation', written)))).toBe('Patient/ada');
  });

  it('an entry of a transaction that has such an address is still the one that is meant', async () => {
    const answer = await send('post', '', {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        {
          fullUrl: `${base}/Patient/made-up`,
          resource: { resourceType: 'Patient' },
          request: { method: 'POST', url: 'Patient' },
        },
        {
          fullUrl: 'urn:uuid:11111111-1111-4111-8111-111111111111',
          resource: observation(`${base}/Patient/made-up`),
          request: { method: 'POST', url: 'Observation' },
        },
      ],
    }).set('Prefer', 'return=representation');
    expect(subjectOf(entryOf(answer, 1).resource)).toBe(`Patient/${entryOf(answer, 0).resource.id}`);
  });

  it('answers to a form with a score are taken', async () => {
    const phq = bodyOf(await send('get', '/Questionnaire/phq-15'));
    const { url, item } = phq as unknown as {
      readonly url: string;
      readonly item: readonly {
        readonly linkId: string;
        readonly answerOption?: readonly { readonly valueCoding: object }[];
      }[];
    };
    const answer = await send('post', '/QuestionnaireResponse', {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      questionnaire: url,
      subject: { reference: `${base}/Patient/ada` },
      authored: '2026-11-20T09:00:00Z',
      item: item.flatMap(({ linkId, answerOption }) =>
        answerOption?.[0] ? [{ linkId, answer: [{ valueCoding: answerOption[0].valueCoding }] }] : [],
      ),
    });
    expect([answer.status, bodyOf(answer).subject]).toEqual([201, { reference: 'Patient/ada' }]);
  });

  it('operations take them as they take relative ones, in an address and in a text', async () => {
    const ada = `${base}/Patient/ada`;
    const populated = await send('get', `/Questionnaire/phq-15/$populate?subject=${ada}`);
    const named = bodyOf(populated) as unknown as Parameters;
    expect([populated.status, named.parameter?.[0]?.resource]).toMatchObject([
      200,
      { subject: { reference: 'Patient/ada' } },
    ]);
    const plan = '/PlanDefinition/pss-pathway';
    const relative = await send('get', `${plan}/$apply?subject=Patient/ada`);
    expect(relative.status).toBe(200);
    expect((await send('get', `${plan}/$apply?subject=${ada}`)).body).toEqual(relative.body);
    const parameter = [{ name: 'subject', valueString: ada }];
    const sent = await send('post', `${plan}/$apply`, { resourceType: 'Parameters', parameter });
    expect(sent.body).toEqual(relative.body);
    const elsewhere = await send('get', `${plan}/$apply?subject=https://elsewhere.example/fhir/Patient/ada`);
    expect(elsewhere.status).toBe(422);
  });

  it('a canonical under the address of the service stays what it is', async () => {
    const url = `${base}/ValueSet/own-address`;
    const compose = { include: [{ system: 'urn:x', concept: [{ code: 'y' }] }] };
    const own = { resourceType: 'ValueSet', id: 'own-address', url, status: 'active', compose };
    expect((await send('put', '/ValueSet/own-address', own)).status).toBe(201);
    expect((await send('get', `/ValueSet/$expand?url=${url}`)).status).toBe(200);
  });

  it('those to anywhere else, and those in a Bundle that is kept as it is, stay as they are', async () => {
    const elsewhere = 'https://elsewhere.example/fhir/Patient/ada';
    expect(subjectOf(bodyOf(await send('post', '/Observation', observation(elsewhere))))).toBe(elsewhere);
    const kept = await send('post', '/Bundle', {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ fullUrl: `${base}/Observation/x`, resource: observation(`${base}/Patient/ada`) }],
    });
    expect(subjectOf(entryOf(kept, 0).resource)).toBe(`${base}/Patient/ada`);
  });
});
