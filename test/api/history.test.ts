// The history of a type and of the whole system, and what was current when: https://hl7.org/fhir/R4/http.html#history

import { bodyOf, resourceOf } from '../support/answer-body.ts';
import { asking, outcomeOf } from '../support/asking.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
const ask = asking(() => service);
const family = (name: string, more: object = {}) => ({
  resourceType: 'Patient',
  name: [{ family: name }],
  ...more,
});

beforeAll(async () => {
  service = await startTestService();
  service.clock.set('2026-11-20T10:00:00.000Z');
  await ask('put', '/Patient/a', family('A', { id: 'a' }));
  service.clock.set('2026-11-20T11:00:00.000Z');
  await ask('put', '/Patient/b', family('B', { id: 'b' }));
  await ask('put', '/Practitioner/p', { resourceType: 'Practitioner', id: 'p' });
  service.clock.set('2026-11-20T12:00:00.000Z');
  await ask('put', '/Patient/a', family('A2', { id: 'a' }));
  service.clock.set('2026-11-20T13:00:00.000Z');
  await ask('delete', '/Patient/b');
});
afterAll(() => service.stop());

async function all(path: string, bearer?: string): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const answer = await ask('get', next, undefined, bearer);
    expect(answer.status).toBe(200);
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
    const { entry = [], link } = bodyOf(answer) as Partial<ReturnType<typeof bodyOf>>;
    seen.push(...entry.map(({ request, response }) => `${request.method} ${request.url} ${response.etag}`));
    next = link?.find(({ relation }) => relation === 'next')?.url.replace(/^.*\/fhir/, '');
  }
  return seen;
}

const patients = [
  'DELETE Patient/b W/"2"',
  'PUT Patient/a W/"2"',
  'PUT Patient/b W/"1"',
  'PUT Patient/a W/"1"',
];

it.each([1, 3, 50])('lists a type page by page, each version once (_count=%i)', async (count) => {
  expect(await all(`/Patient/_history?_count=${count}`)).toEqual(patients);
});

it('lists the whole system', async () => {
  const seen = await all('/_history?_since=2026-11-20T10:00:00Z&_count=2');
  expect(seen).toEqual([...patients.slice(0, 2), 'PUT Practitioner/p W/"1"', ...patients.slice(2)]);
});

it('gives no total that it did not count, and says what it understood', async () => {
  const { total, link } = bodyOf(
    await ask('get', '/Patient/_history?_since=2026-11-20T12:00:00%2B00:00&_count=1'),
  );
  expect(total).toBeUndefined();
  expect(link.map(({ relation }) => relation)).toEqual(['self', 'next']);
  expect(link[0]?.url).toBe(
    'http://alongside.example/fhir/Patient/_history?_since=2026-11-20T12%3A00%3A00%2B00%3A00&_count=1',
  );
});

it.each([
  ['/Patient/_history?_since=2026-11-20T12:00:00Z', patients.slice(0, 2)],
  ['/Patient/_history?_since=2026-11-20T13:00:00%2B01:00', patients.slice(0, 2)],
  ['/Patient/_history?_since=2026-11-20T13:00:00+01:00', patients.slice(0, 2)],
  ['/Patient/_history?_since=2026-11-21', []],
  ['/Patient/_history?_at=2026-11-20T11:30:00Z', patients.slice(2)],
  ['/Patient/_history?_at=2026-11-20T12:30:00Z', patients.slice(1, 3)],
  ['/Patient/_history?_at=2026-11-20', patients],
  ['/Patient/_history?_at=2026-11-19', []],
  ['/Patient/_history?_at=2026-11-20&_since=2026-11-20T13:00:00Z', patients.slice(0, 1)],
  ['/Patient/a/_history?_at=2026-11-20T11:30:00Z', patients.slice(3)],
  ['/Patient/a/_history?_since=2026-11-20T11:00:00Z', patients.slice(1, 2)],
  ['/Patient/a/_history?_since=2027', []],
  ['/Patient/b/_history?_at=2026-11-20T14:00:00Z', patients.slice(0, 1)],
])('answers %s', async (path, expected) => {
  expect(await all(path)).toEqual(expected);
});

it.each([
  ['_since=yesterday', '_since must be a date or an instant such as 2026-11-20T09:00:00Z.', '_since'],
  ['_at=2026-02-30', '_at must be a date or an instant such as 2026-11-20T09:00:00Z.', '_at'],
  ['_count=0', '_count must be a whole number from 1.', '_count'],
  ['_list=List/1', '_list is not supported for a history.', '_list'],
  ['_type=Patient', '_type is not supported for a history.', '_type'],
  ['_sort=_lastUpdated', '_sort: a history comes newest first (-_lastUpdated).', '_sort'],
  ['_summary=count', '_summary=count is for searches.', '_summary'],
])('refuses ?%s at every level', async (query, says, place) => {
  for (const path of ['/_history', '/Patient/_history', '/Patient/a/_history']) {
    const answer = await ask('get', `${path}?${query}`);
    expect([path, answer.status, answer.body]).toEqual([path, 400, outcomeOf('invalid', says, place)]);
  }
});

it('refuses a page link that it did not make', async () => {
  for (const path of ['/_history', '/Patient/_history']) {
    expect((await ask('get', `${path}?_cursor=nonsense`)).status).toBe(400);
  }
});

it('shows an actor what they may read, and refuses a type that they may not', async () => {
  const patient = await service.makeBearer('patient', 'Patient/a');
  expect(await all('/Patient/_history?_count=1', patient)).toEqual([patients[1], patients[3]]);
  const own = await all('/_history?_since=2026-11-20T10:00:00Z', patient);
  expect(own).toEqual([patients[1], 'PUT Practitioner/p W/"1"', patients[3]]);
  expect((await ask('get', '/Basic/_history', undefined, patient)).status).toBe(403);

  const searcher = await service.makeBearer('integrator', undefined, ['system/Patient.s']);
  expect((await ask('get', '/Patient/_history', undefined, searcher)).status).toBe(403);
  expect(await all('/_history', searcher)).toEqual([]);
  const reader = await service.makeBearer('integrator', undefined, ['system/Patient.r']);
  expect(await all('/_history', reader)).toEqual(patients);
});

it('says where there is nothing', async () => {
  expect((await ask('get', '/Patient/nobody/_history?_since=2026')).status).toBe(404);
  expect((await ask('get', '/Spaceship/_history')).status).toBe(404);
  expect(await all('/Goal/_history')).toEqual([]);
});

it('says of each version what its request was answered with', async () => {
  const resource = family('R', { id: 'returned' });
  await ask('put', '/Patient/returned', resource);
  await ask('put', '/Patient/returned', family('R2', { id: 'returned' }));
  await ask('delete', '/Patient/returned');
  expect((await ask('put', '/Patient/returned', resource)).status).toBe(201);
  await ask('put', '/Patient/returned', family('R3', { id: 'returned' }));
  const statuses = ['200 OK', '201 Created', '204 No Content', '200 OK', '201 Created'];
  for (const path of ['/Patient/returned/_history', '/Patient/_history', '/_history']) {
    const { entry } = bodyOf(await ask('get', `${path}?_count=5`));
    expect([path, entry.map(({ response }) => response.status)]).toEqual([path, statuses]);
  }
  const made = resourceOf(await ask('post', '/Patient', family('M')));
  const { entry } = bodyOf(await ask('get', `/Patient/${made.id}/_history`));
  expect(entry.map(({ request, response }) => [request.method, response.status])).toEqual([
    ['POST', '201 Created'],
  ]);
});
