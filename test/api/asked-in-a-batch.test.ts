// Histories and operations as entries of a batch: answered as by a request of their own, to whoever sent the batch.
// https://hl7.org/fhir/R4/http.html#transaction
import type { Bundle } from '@medplum/fhirtypes';
import request from 'supertest';
import { entryOf, issueOf, resourceOf, statusesOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await put({ resourceType: 'Patient', id: 'one', name: [{ family: 'Invented' }] });
  await put({ resourceType: 'Patient', id: 'one', name: [{ family: 'Invented again' }] });
  await put({ resourceType: 'Patient', id: 'two' });
  const subject = { reference: 'Patient/one' };
  await put({ resourceType: 'Observation', id: 'o', status: 'final', code: { text: 'x' }, subject });
});
afterAll(() => service.stop());

interface Sent {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

const put = (resource: Sent) =>
  request(service.url)
    .put(`/fhir/${resource.resourceType}/${resource.id}`)
    .set('Authorization', service.bearer('system'))
    .set('Content-Type', 'application/fhir+json')
    .send(JSON.stringify(resource));
const get = (path: string) =>
  request(service.url).get(`/fhir/${path}`).set('Authorization', service.bearer('system'));

const send = (type: 'batch' | 'transaction', urls: readonly string[], bearer = service.bearer('system')) => {
  const entry = urls.map((url) => {
    const [method, address] = url.startsWith('HEAD ') ? ['HEAD', url.slice(5)] : ['GET', url];
    return { request: { method, url: address } };
  });
  return request(service.url)
    .post('/fhir')
    .set('Authorization', bearer)
    .set('Content-Type', 'application/fhir+json')
    .send(JSON.stringify({ resourceType: 'Bundle', type, entry }));
};

const asked = [
  'Patient/one/_history',
  'Patient/_history?_count=2',
  '_history?_since=2026-01-01&_count=1',
  'Patient/one/$everything?_type=Observation',
  'CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=other',
  'Patient/one/%24validate?mode=delete',
];

it('answers each as by a GET of its own', async () => {
  const answer = await send('batch', [...asked, `/${asked[0]}`, `HEAD ${asked[0]}`]);
  expect(answer.status).toBe(200);
  expect(new Set(statusesOf(answer))).toEqual(new Set(['200 OK']));
  for (const [at, url] of asked.entries()) {
    expect(entryOf(answer, at).resource).toEqual((await get(url)).body);
  }
  expect(entryOf(answer, asked.length).resource).toEqual(entryOf(answer, 0).resource);
  expect(entryOf(answer, asked.length + 1).resource).toBeUndefined();
  expect(service.problemsOf(resourceOf(answer))).toEqual([]);
});

it('shows whoever sent it what is theirs, and refuses what they may not call', async () => {
  const one = await service.makeBearer('patient', 'Patient/one');
  const answer = await send(
    'batch',
    ['Patient/one/_history', 'Patient/two/_history', 'Patient/two/$everything', 'Patient/_history'],
    one,
  );
  expect(statusesOf(answer)).toEqual(['200 OK', '404', '404', '200 OK']);
  const all = entryOf(answer, 3).resource as unknown as Bundle;
  expect(new Set(all.entry?.map(({ resource }) => resource?.id))).toEqual(new Set(['one']));
});

it.each([
  ['Patient/one/$export', '404', 'There is no operation $export at this address.'],
  ['$export', '400', 'A batch asks for resources, searches, histories and operations that change nothing.'],
  ['Patient/one/$refer', '405', 'GET is not served at this address.'],
  ['Patient/one/$invented', '404', 'There is no operation $invented at this address.'],
  [
    'Patient/one/$validate?mode=wrong',
    '400',
    '"mode" is one of create, update, delete, profile, not "wrong"',
  ],
  [
    'Patient/one/_history?_since=soon',
    '400',
    '_since must be a date or an instant such as 2026-11-20T09:00:00Z.',
  ],
  [
    'Unknown/one/_history',
    '404',
    '"Unknown" is no resource type that is served. GET /fhir/metadata lists the types that are.',
  ],
])('refuses %s for itself', async (url, status, says) => {
  const answer = await send('batch', [url, 'Patient/one']);
  expect(statusesOf(answer)).toEqual([status, '200 OK']);
  expect(entryOf(answer, 0).response.outcome.issue[0]?.diagnostics).toBe(says);
});

it('says that an operation in a batch is called by GET', async () => {
  const parameter = [{ name: 'url', valueUri: 'http://hl7.org/fhir/ValueSet/administrative-gender' }];
  const entry = [
    {
      resource: { resourceType: 'Parameters', parameter },
      request: { method: 'POST', url: 'ValueSet/$expand' },
    },
  ];
  const answer = await request(service.url)
    .post('/fhir')
    .set('Authorization', service.bearer('system'))
    .set('Content-Type', 'application/fhir+json')
    .send(JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry }));
  expect(entryOf(answer, 0).response.outcome.issue[0]).toMatchObject({
    code: 'not-supported',
    diagnostics:
      'In a batch an operation is called by GET, with its parameters in the url. Send one that has a body as a request of its own.',
    expression: ['Bundle.entry[0].request.method'],
  });
});

it('refuses them in a transaction, and stores nothing of it', async () => {
  const answer = await send('transaction', ['Patient/one', 'Patient/one/_history']);
  expect(answer.status).toBe(400);
  expect(issueOf(answer, 0)).toEqual({
    severity: 'error',
    code: 'invalid',
    diagnostics: 'Histories and operations are answered in a batch, not in a transaction.',
    expression: ['Bundle.entry[1].request.url'],
  });
});
