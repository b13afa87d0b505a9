// Reading and writing single resources over HTTP: each interaction with its headers and preferences.
import request from 'supertest';
import { bodyOf, entryOf, issueOf, resourceOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

const json = 'application/fhir+json';
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const send = (method: 'get' | 'head' | 'post' | 'put' | 'delete', path: string) =>
  request(service.url)[method](path).set('Authorization', service.bearer('system'));
const write = (method: 'post' | 'put', path: string, body: object | string) =>
  send(method, path)
    .set('Content-Type', json)
    .send(typeof body === 'string' ? body : JSON.stringify(body));
const invented = (more: object = {}) => ({
  resourceType: 'Patient',
  name: [{ family: 'Invented', given: ['Ada'] }],
  ...more,
});
const outcome = (code: string, diagnostics: string, more: object = {}) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, ...more }],
});

describe('create', () => {
  it('answers 201 with where it is, its version and the resource as stored', async () => {
    const answer = await write('post', '/fhir/Patient', invented());
    expect(answer.status).toBe(201);
    const { id, meta } = bodyOf(answer);
    expect(answer.headers['location']).toMatch(new RegExp(`^http://[^/]+/fhir/Patient/${id}/_history/1$`));
    expect(answer.headers['etag']).toBe('W/"1"');
    expect(answer.headers['last-modified']).toBe(new Date(meta.lastUpdated).toUTCString());
    expect(bodyOf(answer)).toEqual({
      ...invented(),
      id,
      meta: { versionId: '1', lastUpdated: meta.lastUpdated },
    });
  });

  it('chooses the id itself', async () => {
    const answer = await write('post', '/fhir/Patient', invented({ id: 'mine', meta: { versionId: '9' } }));
    expect(bodyOf(answer).id).not.toBe('mine');
    expect(bodyOf(answer).meta.versionId).toBe('1');
  });

  it('keeps a decimal as it was written', async () => {
    const observation =
      '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10}}';
    const created = await write('post', '/fhir/Observation', observation);
    const answer = await send('get', `/fhir/Observation/${bodyOf(created).id}`);
    expect(answer.text).toContain('"value":1.10}');
  });

  it('sends back what Prefer asks for', async () => {
    const minimal = await write('post', '/fhir/Patient', invented()).set('Prefer', 'return=minimal');
    expect(minimal.status).toBe(201);
    expect(minimal.text).toBe('');
    expect(minimal.headers['etag']).toBe('W/"1"');
    const said = await write('post', '/fhir/Patient', invented()).set('Prefer', 'return=OperationOutcome');
    const place = String(said.headers['location']).replace(/^.*\/fhir\//, '');
    expect(bodyOf(said)).toEqual({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'information', code: 'informational', diagnostics: `Stored as ${place}.` }],
    });
  });

  it('creates once under If-None-Exist, also when asked many times at once', async () => {
    const body = invented({ identifier: [{ system: 'https://example.org/ids', value: 'once' }] });
    const create = () =>
      write('post', '/fhir/Patient', body).set('If-None-Exist', 'identifier=https://example.org/ids|once');
    const answers = await Promise.all(Array.from({ length: 8 }, create));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 200, 200, 200, 200, 200, 200, 201,
    ]);
    expect(new Set(answers.map((answer) => bodyOf(answer).id)).size).toBe(1);
  });

  it('refuses a condition that is not understood, or empty', async () => {
    const unknown = await write('post', '/fhir/Patient', invented()).set('If-None-Exist', 'shoe-size=44');
    expect(unknown.status).toBe(400);
    const empty = await write('post', '/fhir/Patient', invented()).set('If-None-Exist', '');
    expect(empty.status).toBe(400);
    expect(bodyOf(empty)).toEqual(
      outcome('invalid', 'A condition needs at least one search parameter, such as identifier=system|value.'),
    );
  });
});

describe('read', () => {
  it('answers with the stored text and its version', async () => {
    const created = await write('post', '/fhir/Patient', invented());
    const answer = await send('get', `/fhir/Patient/${bodyOf(created).id}`);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(created.text);
    expect(answer.headers['content-type']).toBe('application/fhir+json; charset=utf-8');
    expect(answer.headers['etag']).toBe('W/"1"');
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const created = await write('post', '/fhir/Patient', invented());
    const got = await send('get', `/fhir/Patient/${bodyOf(created).id}`);
    const head = await send('head', `/fhir/Patient/${bodyOf(created).id}`);
    expect(head.status).toBe(200);
    expect(head.text ?? '').toBe('');
    for (const name of ['etag', 'last-modified', 'content-type', 'content-length']) {
      expect(head.headers[name]).toBe(got.headers[name]);
    }
  });

  it('answers 304 when the client has the current version', async () => {
    const created = await write('post', '/fhir/Patient', invented());
    const path = `/fhir/Patient/${bodyOf(created).id}`;
    for (const tag of ['W/"1"', '"1"', 'W/"7", W/"1"', '*']) {
      const answer = await send('get', path).set('If-None-Match', tag);
      expect([answer.status, answer.text]).toEqual([304, '']);
    }
    expect((await send('get', path).set('If-None-Match', 'W/"2"')).status).toBe(200);
    const stored = String(created.headers['last-modified']);
    expect((await send('get', path).set('If-Modified-Since', stored)).status).toBe(304);
    expect((await send('get', path).set('If-Modified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT')).status).toBe(
      200,
    );
    expect((await send('get', path).set('If-Modified-Since', 'nonsense')).status).toBe(200);
  });

  it('says that there is none', async () => {
    const answer = await send('get', '/fhir/Patient/none');
    expect(answer.status).toBe(404);
    expect(bodyOf(answer)).toEqual(outcome('not-found', 'There is no Patient with the id "none".'));
  });
});

describe('update', () => {
  it('stores the next version', async () => {
    const body = bodyOf(await write('post', '/fhir/Patient', invented()));
    const answer = await write('put', `/fhir/Patient/${body.id}`, { ...body, active: true });
    expect(answer.status).toBe(200);
    expect(answer.headers['etag']).toBe('W/"2"');
    expect(answer.headers['location']).toBeUndefined();
    expect(bodyOf(answer)).toMatchObject({ id: body.id, active: true, meta: { versionId: '2' } });
  });

  it('creates under an id of the client', async () => {
    const answer = await write('put', '/fhir/Patient/chosen.id-1', invented({ id: 'chosen.id-1' }));
    expect(answer.status).toBe(201);
    expect(answer.headers['location']).toMatch(/\/fhir\/Patient\/chosen\.id-1\/_history\/1$/);
  });

  it('refuses an id in the body that is another, or none', async () => {
    for (const body of [invented({ id: 'other' }), invented()]) {
      const answer = await write('put', '/fhir/Patient/one', body);
      expect(answer.status).toBe(400);
      expect(bodyOf(answer)).toEqual(
        outcome('invalid', 'The id in the body must be the id in the address: "one".', {
          expression: ['Patient.id'],
        }),
      );
    }
  });

  it('refuses with 412 when another version is current, and stores nothing', async () => {
    const body = bodyOf(await write('post', '/fhir/Patient', invented()));
    const path = `/fhir/Patient/${body.id}`;
    const stale = await write('put', path, { ...body, active: false }).set('If-Match', 'W/"7"');
    expect(stale.status).toBe(412);
    expect(bodyOf(stale).issue).toHaveLength(1);
    expect(issueOf(stale, 0)).toMatchObject({ severity: 'error', code: 'conflict' });
    expect(bodyOf(await send('get', path)).meta.versionId).toBe('1');
    const fresh = await write('put', path, { ...body, active: false }).set('If-Match', 'W/"1"');
    expect(fresh.status).toBe(200);
  });

  it('refuses an If-Match that is no ETag', async () => {
    const body = bodyOf(await write('post', '/fhir/Patient', invented()));
    const answer = await write('put', `/fhir/Patient/${body.id}`, body).set('If-Match', '1');
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toEqual(outcome('structure', 'An ETag such as W/"3" is expected.'));
  });

  it('creates nothing under If-Match, which asks that there be something', async () => {
    const absent = outcome('not-found', 'Patient/never-there does not exist.');
    for (const tag of ['*', 'W/"1"']) {
      const body = invented({ id: 'never-there' });
      const answer = await write('put', '/fhir/Patient/never-there', body).set('If-Match', tag);
      expect([answer.status, bodyOf(answer)]).toEqual([404, absent]);
      const entry = [
        { resource: body, request: { method: 'PUT', url: 'Patient/never-there', ifMatch: tag } },
      ];
      const batch = await write('post', '/fhir', { resourceType: 'Bundle', type: 'batch', entry });
      const placed = { ...absent.issue[0], expression: ['Bundle.entry[0]'] };
      expect(entryOf(batch, 0).response.outcome.issue).toEqual([placed]);
    }
    const found = '/fhir/Patient?identifier=urn:x|never-there';
    const byCondition = await write('put', found, invented()).set('If-Match', '*');
    expect([byCondition.status, bodyOf(byCondition)]).toEqual([
      412,
      outcome('conflict', 'Nothing matches the condition, and the request says If-Match: *.'),
    ]);
    expect((await send('get', '/fhir/Patient/never-there')).status).toBe(404);
  });

  it('creates only when there is none under If-None-Match: *', async () => {
    const put = () =>
      write('put', '/fhir/Patient/only-once', invented({ id: 'only-once' })).set('If-None-Match', '*');
    expect((await put()).status).toBe(201);
    const again = await put();
    expect(again.status).toBe(412);
    expect(bodyOf(again)).toEqual(
      outcome('conflict', 'It exists already, and the request says If-None-Match: *.'),
    );
  });
});

describe('delete and history', () => {
  it('deletes, answers 410 afterwards, and keeps every version', async () => {
    const body = bodyOf(await write('post', '/fhir/Patient', invented()));
    const path = `/fhir/Patient/${body.id}`;
    await write('put', path, { ...body, active: true });
    const deleted = await send('delete', path);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect(deleted.headers['etag']).toBe('W/"3"');

    const gone = await send('get', path);
    expect(gone.status).toBe(410);
    expect(gone.headers['etag']).toBe('W/"3"');
    expect(bodyOf(gone)).toEqual(
      outcome('deleted', 'This resource was deleted; its earlier versions are in its history.'),
    );
    expect((await send('delete', path)).status).toBe(204);

    const history = await send('get', `${path}/_history`);
    expect(bodyOf(history)).toMatchObject({ resourceType: 'Bundle', type: 'history', total: 3 });
    const methods = bodyOf(history).entry.map((entry) => entry.request.method);
    expect(methods).toEqual(['DELETE', 'PUT', 'POST']);
    expect(bodyOf(await send('get', `${path}/_history/1`))).toEqual(body);
    expect((await send('get', `${path}/_history/3`)).status).toBe(410);
    expect((await send('get', `${path}/_history/9`)).status).toBe(404);
    expect(service.problemsOf(resourceOf(history))).toEqual([]);
  });

  it('comes back when it is written again', async () => {
    const body = bodyOf(await write('post', '/fhir/Patient', invented()));
    const path = `/fhir/Patient/${body.id}`;
    await send('delete', path);
    const back = await write('put', path, body);
    expect(back.headers['etag']).toBe('W/"3"');
    expect((await send('get', path)).status).toBe(200);
  });

  it('refuses to delete what never was, and another version than the one named', async () => {
    const missing = await send('delete', '/fhir/Patient/never');
    expect(missing.status).toBe(404);
    expect(bodyOf(missing)).toEqual(outcome('not-found', 'There is no Patient with the id "never".'));
    const body = bodyOf(await write('post', '/fhir/Patient', invented()));
    const stale = await send('delete', `/fhir/Patient/${body.id}`).set('If-Match', 'W/"5"');
    expect(stale.status).toBe(412);
    expect((await send('get', `/fhir/Patient/${body.id}`)).status).toBe(200);
  });

  it('hands out a long history page by page, each version once', async () => {
    const body = bodyOf(await write('post', '/fhir/Patient', invented()));
    for (let version = 2; version <= 5; version += 1) {
      await write('put', `/fhir/Patient/${body.id}`, { ...body, active: version % 2 === 0 });
    }
    const seen: string[] = [];
    let path: string | undefined = `/fhir/Patient/${body.id}/_history?_count=2`;
    while (path !== undefined) {
      const page = await send('get', path);
      expect(page.status).toBe(200);
      seen.push(...bodyOf(page).entry.map((entry) => entry.response.etag));
      const next = bodyOf(page).link.find((link) => link.relation === 'next');
      path = next?.url.replace(/^https?:\/\/[^/]+/, '');
    }
    expect(seen).toEqual(['W/"5"', 'W/"4"', 'W/"3"', 'W/"2"', 'W/"1"']);
    expect((await send('get', `/fhir/Patient/${body.id}/_history?_count=x`)).status).toBe(400);
    expect((await send('get', '/fhir/Patient/never/_history')).status).toBe(404);
  });
});
