// Transactions and batches over HTTP: references, order, preconditions, places of errors, all or nothing.
import fc from 'fast-check';
import request from 'supertest';
import { bodyOf, entryOf, issueOf, resourceOf, statusesOf } from '../support/answer-body.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const get = (path: string) => request(service.url).get(path).set('Authorization', service.bearer('system'));
const send = (bundle: object) =>
  request(service.url)
    .post('/fhir')
    .set('Authorization', service.bearer('system'))
    .set('Content-Type', 'application/fhir+json')
    .send(JSON.stringify(bundle));
const transaction = (...entry: object[]) => send({ resourceType: 'Bundle', type: 'transaction', entry });
const batch = (...entry: object[]) => send({ resourceType: 'Bundle', type: 'batch', entry });

const patient = (more: object = {}) => ({ resourceType: 'Patient', name: [{ family: 'Invented' }], ...more });
const condition = (reference: string) => ({ resourceType: 'Condition', subject: { reference } });
const post = (resource: { resourceType: string }, more: object = {}, request_: object = {}) => ({
  ...more,
  resource,
  request: { method: 'POST', url: resource.resourceType, ...request_ },
});
const idIn = (location: string | undefined) => location?.split('/')[1] ?? '';
const countOf = async (query: string) => bodyOf(await get(`/fhir/${query}&_total=accurate&_count=0`)).total;
const outcome = (code: string, diagnostics: string, expression: string) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
});

describe('a transaction', () => {
  it('gives ids first, so that references may point forward and back', async () => {
    const answer = await transaction(
      post(condition('urn:uuid:11111111-1111-4111-8111-111111111111'), {
        fullUrl: 'urn:uuid:22222222-2222-4222-8222-222222222222',
      }),
      post(
        patient({
          text: {
            status: 'generated',
            div: '<div xmlns="http://www.w3.org/1999/xhtml"><a href="urn:uuid:22222222-2222-4222-8222-222222222222">it</a></div>',
          },
          identifier: [
            { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:22222222-2222-4222-8222-222222222222' },
          ],
        }),
        { fullUrl: 'urn:uuid:11111111-1111-4111-8111-111111111111' },
      ),
    );
    expect(answer.status).toBe(200);
    expect(bodyOf(answer)).toMatchObject({ resourceType: 'Bundle', type: 'transaction-response' });
    const first = entryOf(answer, 0);
    const second = entryOf(answer, 1);
    const conditionId = idIn(first.response.location);
    const patientId = idIn(second.response.location);
    expect(first.response).toEqual({
      status: '201 Created',
      location: `Condition/${conditionId}/_history/1`,
      etag: 'W/"1"',
      lastModified: expect.stringMatching(/^2026-/) as unknown,
    });
    expect(first.resource).toBeUndefined();
    expect(bodyOf(await get(`/fhir/Condition/${conditionId}`)).subject.reference).toBe(
      `Patient/${patientId}`,
    );
    const stored = bodyOf(await get(`/fhir/Patient/${patientId}`));
    expect(stored.text.div).toContain(`href="Condition/${conditionId}"`);
    // A business identifier is no link, whatever it looks like.
    expect(stored.identifier[0]?.value).toBe('urn:uuid:22222222-2222-4222-8222-222222222222');
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
  });

  it('leads elements of type uri and url to where the entries are stored, and texts and canonicals nowhere', async () => {
    const urn = 'urn:uuid:77777777-7777-4777-8777-777777777777';
    const answer = await transaction(
      post(patient(), { fullUrl: urn }),
      post({
        resourceType: 'CarePlan',
        status: 'active',
        intent: 'plan',
        subject: { reference: urn },
        instantiatesUri: [urn, 'https://example.org/other'],
        instantiatesCanonical: [urn],
        extension: [
          { url: 'https://example.org/uri', valueUri: urn },
          { url: 'https://example.org/text', valueString: urn },
          { url: 'https://example.org/uuid', valueUuid: urn },
        ],
      } as { resourceType: string }),
    ).set('Prefer', 'return=representation');
    const place = `Patient/${entryOf(answer, 0).resource.id}`;
    expect(entryOf(answer, 1).resource).toMatchObject({
      instantiatesUri: [place, 'https://example.org/other'],
      instantiatesCanonical: [urn],
      extension: [{ valueUri: place }, { valueString: urn }, { valueUuid: urn }],
    });
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
  });

  it('resolves full and relative addresses of entries', async () => {
    const answer = await transaction(
      post(patient(), { fullUrl: 'https://elsewhere.example.org/fhir/Patient/7' }),
      post(condition('Patient/7'), { fullUrl: 'https://elsewhere.example.org/fhir/Condition/8' }),
      post(condition('https://elsewhere.example.org/fhir/Patient/7'), {
        fullUrl: 'urn:uuid:33333333-3333-4333-8333-333333333333',
      }),
    );
    const places = bodyOf(answer).entry.map((entry) => entry.response.location);
    for (const place of places.slice(1)) {
      const stored = bodyOf(await get(`/fhir/Condition/${idIn(place)}`));
      expect(stored.subject.reference).toBe(`Patient/${idIn(places[0])}`);
    }
  });

  it('works in the order DELETE, POST, PUT, GET and answers in the order sent', async () => {
    await transaction({
      resource: patient({ id: 'old-one' }),
      request: { method: 'PUT', url: 'Patient/old-one' },
    });
    const answer = await transaction(
      { request: { method: 'GET', url: 'Patient?_id=new-one' } },
      { request: { method: 'GET', url: 'Patient/new-one' } },
      { resource: patient({ id: 'new-one' }), request: { method: 'PUT', url: 'Patient/new-one' } },
      post(patient()),
      { request: { method: 'DELETE', url: 'Patient/old-one' } },
    );
    expect(answer.status).toBe(200);
    const statuses = statusesOf(answer);
    expect(statuses).toEqual(['200 OK', '200 OK', '201 Created', '201 Created', '204 No Content']);
    expect(entryOf(answer, 0).resource).toMatchObject({
      type: 'searchset',
      entry: [{ resource: { id: 'new-one' } }],
    });
    expect(entryOf(answer, 1).resource).toMatchObject({ id: 'new-one' });
    expect((await get('/fhir/Patient/old-one')).status).toBe(410);
  });

  it('resolves conditional references to the one resource that matches', async () => {
    const identifier = [{ system: 'https://example.org/doctors', value: 'd1' }];
    await transaction(post({ resourceType: 'Practitioner', identifier } as { resourceType: string }));
    const answer = await transaction(
      post(
        patient({
          generalPractitioner: [{ reference: 'Practitioner?identifier=https://example.org/doctors|d1' }],
        }),
      ),
    );
    expect(answer.status).toBe(200);
    const stored = bodyOf(await get(`/fhir/Patient/${idIn(entryOf(answer, 0).response.location)}`));
    expect(stored.generalPractitioner[0]?.reference).toMatch(/^Practitioner\/[^?]+$/);

    const none = await transaction(
      post(patient()),
      post(
        patient({
          generalPractitioner: [{ reference: 'Practitioner?identifier=https://example.org/doctors|none' }],
        }),
      ),
    );
    expect(none.status).toBe(400);
    expect(bodyOf(none)).toEqual(
      outcome('invalid', 'A conditional reference to Practitioner matches nothing.', 'Bundle.entry[1]'),
    );
    await transaction(post({ resourceType: 'Practitioner', identifier } as { resourceType: string }));
    const several = await transaction(
      post(
        patient({
          generalPractitioner: [{ reference: 'Practitioner?identifier=https://example.org/doctors|d1' }],
        }),
      ),
    );
    expect(several.status).toBe(412);
    expect(issueOf(several, 0)).toMatchObject({
      code: 'multiple-matches',
      expression: ['Bundle.entry[0]'],
    });
  });

  it('honours ifNoneExist, and lets other entries refer to what it found', async () => {
    const identifier = [{ system: 'https://example.org/orgs', value: 'o1' }];
    const bundle = () =>
      transaction(
        post(
          patient({ managingOrganization: { reference: 'urn:uuid:44444444-4444-4444-8444-444444444444' } }),
        ),
        post(
          {
            resourceType: 'Organization',
            identifier,
            partOf: { reference: 'urn:uuid:55555555-5555-4555-8555-555555555555' },
          } as {
            resourceType: string;
          },
          { fullUrl: 'urn:uuid:44444444-4444-4444-8444-444444444444' },
          { ifNoneExist: 'identifier=https://example.org/orgs|o1' },
        ),
        post(
          {
            resourceType: 'Organization',
            identifier: [{ system: 'https://example.org/orgs', value: 'o2' }],
          } as {
            resourceType: string;
          },
          { fullUrl: 'urn:uuid:55555555-5555-4555-8555-555555555555' },
          { ifNoneExist: 'identifier=https://example.org/orgs|o2' },
        ),
      );
    const first = await bundle();
    const second = await bundle();
    expect(statusesOf(first)).toEqual(['201 Created', '201 Created', '201 Created']);
    expect(statusesOf(second)).toEqual(['201 Created', '200 OK', '200 OK']);
    const organization = idIn(entryOf(first, 1).response.location);
    expect(idIn(entryOf(second, 1).response.location)).toBe(organization);
    const stored = bodyOf(await get(`/fhir/Patient/${idIn(entryOf(second, 0).response.location)}`));
    expect(stored.managingOrganization.reference).toBe(`Organization/${organization}`);
    expect(bodyOf(await get(`/fhir/Organization/${organization}`)).partOf.reference).toBe(
      `Organization/${idIn(entryOf(first, 2).response.location)}`,
    );
  });

  it('refuses when an ifMatch names another version, and stores nothing', async () => {
    await transaction({ resource: patient({ id: 'held' }), request: { method: 'PUT', url: 'Patient/held' } });
    const before = await countOf('Patient?family=Invented');
    const answer = await transaction(post(patient()), {
      resource: patient({ id: 'held', active: true }),
      request: { method: 'PUT', url: 'Patient/held', ifMatch: 'W/"7"' },
    });
    expect(answer.status).toBe(412);
    expect(issueOf(answer, 0)).toMatchObject({ code: 'conflict', expression: ['Bundle.entry[1]'] });
    expect(await countOf('Patient?family=Invented')).toBe(before);
  });

  it('refuses when an ifNoneMatch of "*" is about something that is there, and stores nothing', async () => {
    const kept = patient({ id: 'kept' });
    const put = (resource: object) => ({
      resource,
      request: { method: 'PUT', url: 'Patient/kept', ifNoneMatch: '*' },
    });
    expect(statusesOf(await transaction(put(kept)))).toEqual(['201 Created']);
    const answer = await transaction(put(patient({ id: 'kept', active: true })));
    expect(answer.status).toBe(412);
    expect(issueOf(answer, 0)).toMatchObject({ code: 'conflict', expression: ['Bundle.entry[0]'] });
    expect(statusesOf(await batch(put(patient({ id: 'kept', active: true }))))).toEqual(['412']);
    expect(bodyOf(await get('/fhir/Patient/kept')).meta.versionId).toBe('1');
  });

  it('names every entry that is not valid, with its place in the Bundle', async () => {
    const answer = await transaction(
      post(patient({ gender: 'nope' })),
      post(patient()),
      post(patient({ birthDate: 'yesterday' })),
    );
    expect(answer.status).toBe(400);
    const places = bodyOf(answer).issue.flatMap((issue) => issue.expression);
    expect(places).toEqual(['Bundle.entry[0].resource.gender', 'Bundle.entry[2].resource.birthDate']);
  });

  it.each([
    [
      'one resource twice',
      [
        { resource: patient({ id: 'x' }), request: { method: 'PUT', url: 'Patient/x' } },
        { request: { method: 'DELETE', url: 'Patient/x' } },
      ],
      outcome('invalid', 'The same resource is written as in entry 0.', 'Bundle.entry[1]'),
    ],
    [
      'an unknown type',
      [{ resource: { resourceType: 'Spaceship' }, request: { method: 'POST', url: 'Spaceship' } }],
      outcome('invalid', '"Spaceship" is no resource type that is served.', 'Bundle.entry[0].request.url'),
    ],
    [
      'another type than its url says',
      [{ resource: patient(), request: { method: 'POST', url: 'Observation' } }],
      outcome(
        'invalid',
        'The resource must be a Observation, as the url says.',
        'Bundle.entry[0].resource.resourceType',
      ),
    ],
    [
      'another id than its url says',
      [{ resource: patient({ id: 'a' }), request: { method: 'PUT', url: 'Patient/b' } }],
      outcome(
        'invalid',
        'The id of the resource must be the id in the url: "b".',
        'Bundle.entry[0].resource.id',
      ),
    ],
  ])('refuses %s', async (_what, entries, expected) => {
    const answer = await transaction(...entries);
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toEqual(expected);
  });

  it('refuses a Bundle of another type, a resource that is no Bundle, and entries without a request', async () => {
    const collection = await send({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: patient() }],
    });
    expect(collection.status).toBe(400);
    expect(bodyOf(collection)).toEqual(
      outcome(
        'invalid',
        'A Bundle sent to the base must be a transaction or a batch. To store it as it is, POST it to Bundle.',
        'Bundle.type',
      ),
    );
    const alone = await send(patient());
    expect(alone.status).toBe(400);
    expect(bodyOf(alone)).toEqual(
      outcome('invalid', 'The base takes a Bundle. Send a Patient to its own type.', 'resourceType'),
    );
    expect((await transaction({ resource: patient() })).status).toBe(400);
    for (const entry of [
      'x',
      7,
      {},
      [null],
      [7],
      [{ resource: 7, request: { method: 'POST', url: 'Patient' } }],
    ]) {
      const answer = await send({ resourceType: 'Bundle', type: 'transaction', entry });
      expect(answer.status).toBe(400);
      expect(bodyOf(answer).resourceType).toBe('OperationOutcome');
    }
  });

  it('refuses more than 1,000 entries', async () => {
    const entry = Array.from({ length: 1001 }, () => ({ request: { method: 'GET', url: 'Patient/x' } }));
    const answer = await send({ resourceType: 'Bundle', type: 'batch', entry });
    expect(answer.status).toBe(413);
    expect(bodyOf(answer)).toEqual(
      outcome('too-long', 'A Bundle may have 1000 entries at most.', 'Bundle.entry'),
    );
  });

  it('does nothing at all when it is empty', async () => {
    const answer = await send({ resourceType: 'Bundle', type: 'transaction' });
    expect([answer.status, answer.text]).toEqual([
      200,
      '{"resourceType":"Bundle","type":"transaction-response"}',
    ]);
  });

  it('stores all or nothing, wherever an entry fails and however', async () => {
    const failures = {
      invalid: { resource: patient({ gender: 'nope' }), request: { method: 'POST', url: 'Patient' } },
      stale: { request: { method: 'DELETE', url: 'Patient/kept', ifMatch: 'W/"9"' } },
      missing: { request: { method: 'DELETE', url: 'Patient/never-was' } },
      unread: { request: { method: 'GET', url: 'Patient/never-was' } },
      unresolved: {
        resource: patient({ managingOrganization: { reference: 'Organization?identifier=none' } }),
        request: { method: 'POST', url: 'Patient' },
      },
    };
    await transaction({ resource: patient({ id: 'kept' }), request: { method: 'PUT', url: 'Patient/kept' } });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 6 }),
        fc.nat(),
        fc.constantFrom(...(Object.keys(failures) as (keyof typeof failures)[])),
        async (good, at, kind) => {
          round += 1;
          const family = `Round${round}`;
          const entries: object[] = Array.from({ length: good }, () => post(patient({ name: [{ family }] })));
          const place = at % (good + 1);
          entries.splice(place, 0, failures[kind]);
          const answer = await transaction(...entries);
          expect([400, 404, 412]).toContain(answer.status);
          expect(bodyOf(answer).resourceType).toBe('OperationOutcome');
          for (const issue of bodyOf(answer).issue) {
            expect(issue.expression[0]).toMatch(new RegExp(`^Bundle\\.entry\\[${place}\\]`));
          }
          expect(await countOf(`Patient?family=${family}`)).toBe(0);
          // Without the failing entry the very same Bundle goes in whole.
          entries.splice(place, 1);
          if (good === 0) {
            return;
          }
          expect((await transaction(...entries)).status).toBe(200);
          expect(await countOf(`Patient?family=${family}`)).toBe(good);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a batch', () => {
  it('searches as strictly as Prefer asks', async () => {
    const search = () => batch({ request: { method: 'GET', url: 'Patient?shoe-size=44' } });
    expect(statusesOf(await search())).toEqual(['200 OK']);
    expect(statusesOf(await search().set('Prefer', 'handling=strict'))).toEqual(['400']);
  });

  it('answers each entry for itself', async () => {
    const answer = await batch(
      post(patient()),
      post(patient({ gender: 'nope' })),
      { request: { method: 'GET', url: 'Patient/never-was' } },
      { request: { method: 'GET', url: 'Patient?family=Nobody' } },
      { request: { method: 'PUT', url: 'Patient/x' } },
    );
    expect(answer.status).toBe(200);
    expect(bodyOf(answer).type).toBe('batch-response');
    const statuses = statusesOf(answer);
    expect(statuses).toEqual(['201 Created', '400', '404', '200 OK', '400']);
    expect(entryOf(answer, 1).response.outcome.issue[0]?.expression).toEqual([
      'Bundle.entry[1].resource.gender',
    ]);
    expect(entryOf(answer, 2).response.outcome).toEqual(
      outcome('not-found', 'There is no Patient with the id "never-was".', 'Bundle.entry[2]'),
    );
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
  });

  it('refuses an entry that refers to another entry', async () => {
    const fullUrl = 'urn:uuid:66666666-6666-4666-8666-666666666666';
    const answer = await batch(post(patient(), { fullUrl }), post(condition(fullUrl)));
    expect(entryOf(answer, 0).response.status).toBe('201 Created');
    expect(entryOf(answer, 1).response).toEqual({
      status: '400',
      outcome: outcome(
        'invalid',
        'An entry of a batch cannot refer to another entry: send a transaction.',
        'Bundle.entry[1]',
      ),
    });
  });

  it('sends back what was written when Prefer asks for it', async () => {
    const answer = await batch(post(patient())).set('Prefer', 'return=representation');
    expect(entryOf(answer, 0).resource).toMatchObject({
      resourceType: 'Patient',
      meta: { versionId: '1' },
    });
  });
});

describe.each([
  ['transaction', transaction],
  ['batch', batch],
])('a read in a %s', (_type, sent) => {
  beforeAll(async () => {
    await transaction({ resource: patient({ id: 'read' }), request: { method: 'PUT', url: 'Patient/read' } });
  });

  it('says when there is nothing new, as a read by itself does', async () => {
    const { meta } = bodyOf(await get('/fhir/Patient/read'));
    const changed = Date.parse(meta.lastUpdated);
    const at = (ms: number) => ({ ifModifiedSince: new Date(changed + ms).toISOString() });
    const current = `W/"${meta.versionId}"`;
    const asked: readonly (readonly [object, string])[] = [
      [{ ifNoneMatch: current }, '304 Not Modified'],
      [{ ifNoneMatch: '*' }, '304 Not Modified'],
      [{ ifNoneMatch: `W/"99", ${current}` }, '304 Not Modified'],
      [{ ifNoneMatch: 'W/"99"' }, '200 OK'],
      [at(0), '304 Not Modified'],
      [at(1), '304 Not Modified'],
      [at(-1), '200 OK'],
      [{ ...at(1), ifNoneMatch: 'W/"99"' }, '200 OK'],
    ];
    const answer = await sent(
      ...asked.map(([held]) => ({ request: { method: 'GET', url: 'Patient/read', ...held } })),
    );
    expect(statusesOf(answer)).toEqual(asked.map(([, status]) => status));
    expect(bodyOf(answer).entry.map(({ resource }) => resource !== undefined)).toEqual(
      asked.map(([, status]) => status === '200 OK'),
    );
    // What is sent twice has its address once.
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
  });

  it('by HEAD brings no resource', async () => {
    const answer = await sent(
      { request: { method: 'HEAD', url: 'Patient/read' } },
      { request: { method: 'HEAD', url: 'Patient?_id=read' } },
    );
    expect(statusesOf(answer)).toEqual(['200 OK', '200 OK']);
    expect(bodyOf(answer).entry.map(({ resource }) => resource)).toEqual([undefined, undefined]);
    expect(entryOf(answer, 0).response.etag).toMatch(/^W\/"\d"$/);
    expect(service.problemsOf(resourceOf(answer))).toEqual([]);
  });
});

it('a conditional reference is refused where nobody looks up what it means', async () => {
  const sent = condition('Patient?identifier=https://example.org/ids|1');
  const stored = bodyOf(await transaction(post(condition('Patient/anybody')))).entry[0]?.response.location;
  const place = `Condition/${idIn(stored)}`;
  const alone = (method: 'post' | 'put' | 'patch', path: string, body: unknown) =>
    request(service.url)
      [method](`/fhir/${path}`)
      .set('Authorization', service.bearer('system'))
      .set('Content-Type', method === 'patch' ? 'application/json-patch+json' : 'application/fhir+json')
      .send(JSON.stringify(body));
  const patch = [{ op: 'replace', path: '/subject', value: sent.subject }];
  const asEntry = {
    resource: {
      resourceType: 'Binary',
      contentType: 'application/json-patch+json',
      data: Buffer.from(JSON.stringify(patch)).toString('base64'),
    },
    request: { method: 'PATCH', url: place },
  };
  const answers = await Promise.all([
    alone('post', 'Condition', sent),
    alone('put', place, { ...sent, id: idIn(stored) }),
    alone('put', 'Condition?identifier=https://example.org/ids|2', sent),
    alone('patch', place, patch),
    transaction(asEntry),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
  expect(answers.map((answer) => issueOf(answer, 0).diagnostics)).toEqual(
    answers.map(() => expect.stringContaining('in a transaction only') as unknown),
  );
  expect(statusesOf(await batch(post(sent), asEntry))).toEqual(['400', '400']);
  expect(bodyOf(await get(`/fhir/${place}`)).meta.versionId).toBe('1');
});

describe('who asks with a Bundle', () => {
  it('sees in its entries what it would see one by one, and "not yours" reads like "none"', async () => {
    await transaction(
      { resource: patient({ id: 'own' }), request: { method: 'PUT', url: 'Patient/own' } },
      { resource: patient({ id: 'foreign' }), request: { method: 'PUT', url: 'Patient/foreign' } },
    );
    const bearer = await service.makeBearer('patient', 'Patient/own');
    const answer = await request(service.url)
      .post('/fhir')
      .set('Authorization', bearer)
      .set('Content-Type', 'application/fhir+json')
      .send({
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          { request: { method: 'GET', url: 'Patient/own' } },
          { request: { method: 'GET', url: 'Patient/foreign' } },
          { request: { method: 'GET', url: 'Patient/nobody' } },
          { request: { method: 'GET', url: 'Patient?_id=own,foreign' } },
        ],
      });
    expect(statusesOf(answer)).toEqual(['200 OK', '404', '404', '200 OK']);
    const said = (at: number) =>
      JSON.stringify(entryOf(answer, at).response.outcome).replaceAll(`[${at}]`, '[n]');
    expect(said(1)).toBe(said(2).replaceAll('nobody', 'foreign'));
    expect(entryOf(answer, 3).resource.entry.map(({ resource }) => resource.id)).toEqual(['own']);
  });
});
