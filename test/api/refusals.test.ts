// Every way in which a request is refused before it reaches the store, with the whole OperationOutcome.
import request from 'supertest';
import { bodyOf, issueOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

const json = 'application/fhir+json';
let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const outcome = (code: string, diagnostics: string, more: object = {}) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, ...more }],
});

const send = (method: 'get' | 'post' | 'put' | 'delete' | 'patch', path: string) =>
  request(service.url)[method](path).set('Authorization', service.bearer('system'));

describe('who asks', () => {
  it('refuses a request without a token, whatever the address', async () => {
    for (const path of ['/fhir/Patient/1', '/fhir/Nonsense', '/fhir', '/fhir/a/b/c/d/e/f']) {
      const answer = await request(service.url).get(path);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="alongside"');
      expect(bodyOf(answer)).toEqual(outcome('login', 'Send a bearer token in the Authorization header.'));
    }
  });

  it('refuses a token that is not known', async () => {
    for (const header of ['Bearer nonsense', 'Basic eDp5', 'Bearer', 'Bearer a b']) {
      const answer = await request(service.url).get('/fhir/Patient/1').set('Authorization', header);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="alongside", error="invalid_token"');
      expect(bodyOf(answer)).toEqual(outcome('login', 'The bearer token is not valid.'));
    }
  });

  it('answers metadata, livez and readyz without a token', async () => {
    for (const path of ['/fhir/metadata', '/livez', '/readyz']) {
      expect((await request(service.url).get(path)).status).toBe(200);
    }
  });
});

describe('where it goes', () => {
  it('says that there is nothing at an unknown address', async () => {
    const answer = await send('get', '/fhir/Patient/1/2/3/4/5');
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/fhir+json; charset=utf-8');
    expect(bodyOf(answer)).toEqual(
      outcome('not-found', 'There is nothing at this address. GET /fhir/metadata lists what is served.'),
    );
  });

  it('names the type that was meant', async () => {
    const answer = await send('get', '/fhir/patient/1');
    expect(answer.status).toBe(404);
    expect(bodyOf(answer)).toEqual(
      outcome('not-found', '"patient" is no resource type that is served. Did you mean Patient?'),
    );
    expect(bodyOf(await send('get', '/fhir/Spaceship'))).toEqual(
      outcome(
        'not-found',
        '"Spaceship" is no resource type that is served. GET /fhir/metadata lists the types that are.',
      ),
    );
  });

  it('says that an operation does not exist', async () => {
    for (const path of ['/fhir/Patient/1/$fly', '/fhir/Patient/1/%24fly']) {
      const answer = await send('post', path);
      expect(answer.status).toBe(404);
      expect(bodyOf(answer)).toEqual(outcome('not-found', 'There is no operation $fly at this address.'));
    }
  });

  it('refuses an id that R4 does not allow', async () => {
    for (const id of ['a_b', 'x'.repeat(65), 'a%20b', '..%2f..%2fetc']) {
      const answer = await send('get', `/fhir/Patient/${id}`);
      expect(answer.status).toBe(400);
      expect(bodyOf(answer)).toEqual(
        outcome('invalid', 'An id has 1 to 64 letters, digits, hyphens and dots.'),
      );
    }
  });

  it('refuses an address that is not percent-encoded UTF-8', async () => {
    const answer = await send('get', '/fhir/Patient/%ff');
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toEqual(outcome('structure', 'The address is not percent-encoded UTF-8.'));
  });

  it.each([
    ['post', '/fhir/Patient/1', 'DELETE, GET, HEAD, PATCH, PUT'],
    ['put', '/fhir/Patient/_search', 'POST'],
    ['post', '/fhir/Patient/_history', 'GET, HEAD'],
    ['delete', '/fhir/_history', 'GET, HEAD'],
    ['get', '/fhir/Patient/_search', 'POST'],
    ['get', '/fhir', 'POST'],
    ['post', '/fhir/metadata', 'GET, HEAD'],
    ['post', '/fhir/Patient/1/_history', 'GET, HEAD'],
    ['post', '/fhir/Patient/1/_history/1', 'GET, HEAD'],
  ] as const)('refuses %s %s and says what is allowed', async (method, path, allowed) => {
    const answer = await send(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe(allowed);
    expect(bodyOf(answer)).toEqual(
      outcome('not-supported', `${method.toUpperCase()} is not served at this address.`),
    );
  });

  it('answers outside /fhir with a problem', async () => {
    const missing = await request(service.url).get('/nothing');
    expect(missing.status).toBe(404);
    expect(missing.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(missing.text)).toEqual({ title: 'There is nothing at this address', status: 404 });
    const wrong = await request(service.url).post('/livez');
    expect(wrong.status).toBe(405);
    expect(wrong.headers['allow']).toBe('GET, HEAD');
  });
});

describe('which format', () => {
  it.each([
    ['application/fhir+xml', 406],
    ['text/html', 406],
    ['application/json;q=0', 406],
    ['application/fhir+json; fhirVersion=3.0', 406],
    ['text/html, application/json;q=0.5', 200],
    ['application/fhir+json; fhirVersion=4.0', 200],
    ['application/*', 200],
    ['*/*', 200],
  ])('answers Accept: %s with %i', async (accept, status) => {
    const answer = await send('get', '/fhir/metadata').set('Accept', accept);
    expect(answer.status).toBe(status);
    if (status === 406) {
      expect(bodyOf(answer)).toEqual(
        outcome('not-supported', 'Only JSON is served: accept application/fhir+json.'),
      );
    }
  });

  it('lets _format win over Accept', async () => {
    const taken = await send('get', '/fhir/metadata?_format=json').set('Accept', 'application/fhir+xml');
    expect(taken.status).toBe(200);
    expect((await send('get', '/fhir/metadata?_format=application/fhir+json')).status).toBe(200);
    const refused = await send('get', '/fhir/metadata?_format=xml');
    expect(refused.status).toBe(406);
    expect(bodyOf(refused)).toEqual(outcome('not-supported', 'Only JSON is served: use _format=json.'));
  });

  it.each([
    ['application/fhir+xml', 'A body must have Content-Type: application/fhir+json.'],
    ['text/plain', 'A body must have Content-Type: application/fhir+json.'],
    ['application/json-patch+json', 'A body must have Content-Type: application/fhir+json.'],
    ['application/fhir+json; charset=utf-16', 'The body must be UTF-8.'],
    ['application/fhir+json; fhirVersion=5.0', 'Only FHIR 4.0 is spoken: fhirVersion=4.0.'],
  ])('refuses a body of type %s', async (type, diagnostics) => {
    const answer = await send('post', '/fhir/Patient')
      .set('Content-Type', type)
      .send('{"resourceType":"Patient"}');
    expect(answer.status).toBe(415);
    expect(bodyOf(answer)).toEqual(outcome('not-supported', diagnostics));
  });

  it('refuses a compressed body', async () => {
    const answer = await send('post', '/fhir/Patient')
      .set('Content-Type', json)
      .set('Content-Encoding', 'gzip')
      .send('{"resourceType":"Patient"}');
    expect(answer.status).toBe(415);
    expect(bodyOf(answer)).toEqual(
      outcome('not-supported', 'A compressed body is not taken: send it without Content-Encoding.'),
    );
  });

  it('refuses a search form of another type', async () => {
    const answer = await send('post', '/fhir/Patient/_search').set('Content-Type', json).send('{"name":"x"}');
    expect(answer.status).toBe(415);
    expect(bodyOf(answer)).toEqual(
      outcome('not-supported', 'A search by POST takes Content-Type: application/x-www-form-urlencoded.'),
    );
  });
});

describe('what it carries', () => {
  const post = (body: string) => send('post', '/fhir/Patient').set('Content-Type', json).send(body);

  it.each([
    ['no body', '', 'The body is empty: send a resource as JSON.'],
    ['an array', '[]', 'The body must be a JSON object with a resourceType.'],
    ['no resourceType', '{"id":"x"}', 'The body must be a JSON object with a resourceType.'],
    [
      'a duplicate key',
      '{"resourceType":"Patient","active":true,"active":false}',
      'The key "active" stands twice at line 1, column 41, in $.',
    ],
    [
      'NUL',
      '{"resourceType":"Patient","language":"a\\u0000"}',
      'The character NUL is not permitted at line 1, column 40, in $.language.',
    ],
    [
      'a syntax error',
      '{"resourceType":"Patient",}',
      'A key in double quotes is expected at line 1, column 27, in $.',
    ],
    [
      '__proto__',
      '{"resourceType":"Patient","__proto__":{"x":1}}',
      'The key "__proto__" is not permitted at line 1, column 27, in $.',
    ],
  ])('refuses a body with %s', async (_what, body, diagnostics) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toEqual(outcome('structure', diagnostics));
  });

  it('refuses a body that is nested too deep', async () => {
    const deep = `{"resourceType":"Patient","extension":${'['.repeat(64)}${']'.repeat(64)}}`;
    const answer = await post(deep);
    expect(answer.status).toBe(400);
    expect(issueOf(answer, 0).diagnostics).toContain('more than 64 deep');
  });

  it('refuses bytes that are not UTF-8, and says where', async () => {
    const body = Buffer.concat([
      Buffer.from('{"resourceType":"Patient","language":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    const sent = send('post', '/fhir/Patient').set('Content-Type', json);
    sent.write(body);
    const answer = await sent;
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toEqual(outcome('structure', 'The body is not valid UTF-8: byte 39, on line 1.'));
  });

  it('refuses a body of more than 1 MB, and a Bundle of more than 5 MB', async () => {
    const large = await post(' '.repeat(1_048_577));
    expect(large.status).toBe(413);
    expect(bodyOf(large)).toEqual(outcome('too-long', 'The body is larger than 1048576 bytes.'));
    const bundle = await send('post', '/fhir').set('Content-Type', json).send(' '.repeat(5_242_881));
    expect(bundle.status).toBe(413);
    expect(bodyOf(bundle)).toEqual(outcome('too-long', 'The body is larger than 5242880 bytes.'));
  });

  it('refuses a type that is not the one in the address', async () => {
    const answer = await post('{"resourceType":"Observation"}');
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toEqual(
      outcome('invalid', 'The body must be a Patient, as the address says.', {
        expression: ['resourceType'],
      }),
    );
  });

  it('refuses what is not valid R4, with each place', async () => {
    const answer = await post('{"resourceType":"Patient","gender":"nope","birthDate":"yesterday"}');
    expect(answer.status).toBe(400);
    const places = bodyOf(answer).issue.flatMap((issue) => issue.expression ?? []);
    expect(places).toEqual(expect.arrayContaining(['Patient.gender', 'Patient.birthDate']));
  });

  it('refuses a query that is not percent-encoded UTF-8', async () => {
    const answer = await send('get', '/fhir/Patient?family=%zz');
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toEqual(outcome('structure', 'The query is not percent-encoded UTF-8.'));
  });
});

describe('headers of every answer', () => {
  it('keep caches out and name the request', async () => {
    for (const answer of [
      await send('get', '/fhir/metadata'),
      await send('get', '/fhir/Patient/none'),
      await request(service.url).get('/nothing'),
    ]) {
      expect(answer.headers).toMatchObject({
        'cache-control': 'no-store, private',
        vary: 'Authorization, Accept, Accept-Language',
        'x-content-type-options': 'nosniff',
      });
      expect(answer.headers['x-request-id']).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
      expect(answer.headers['x-powered-by']).toBeUndefined();
    }
  });

  it('echo a request id that is safe, and replace one that is not', async () => {
    const asked = await send('get', '/fhir/metadata').set('X-Request-Id', 'call-7.a');
    expect(asked.headers['x-request-id']).toBe('call-7.a');
    const unsafe = await send('get', '/fhir/metadata').set('X-Request-Id', 'a b"<script>');
    expect(unsafe.headers['x-request-id']).not.toContain('script');
  });
});
