// Idempotency-Key: a call that comes twice has one effect and gets the same answer twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { bodyOf, issueOf } from '../support/answer-body.ts';
import { startChild, systemBearer } from '../support/child-service.ts';
import { startTestService, type TestService } from '../support/test-system.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-idempotency-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hourMs = 60 * 60 * 1000;
const patient = (family: string) => ({ resourceType: 'Patient', name: [{ family }] });

describe.each([
  ['in memory', undefined],
  ['on disk', folder],
])('an Idempotency-Key, %s', (_place, dataDir) => {
  let service: TestService;
  let keys = 0;
  const freshKey = () => `key-${++keys}`;
  beforeAll(async () => {
    service = await startTestService(dataDir === undefined ? {} : { dataDir });
    await service.makeBearer('gp', 'Practitioner/gp-1');
  });
  afterAll(() => service.stop());

  const post = (path: string, key: string, body: object, bearer = service.bearer('system')) =>
    request(service.url)
      .post(`/fhir${path}`)
      .set('Authorization', bearer)
      .set('Idempotency-Key', key)
      .type('application/fhir+json')
      .send(JSON.stringify(body));

  const total = async (family: string) => {
    const found = await request(service.url)
      .get(`/fhir/Patient?family:exact=${family}&_total=accurate`)
      .set('Authorization', service.bearer('system'));
    return bodyOf(found).total;
  };

  it('gives the first answer again, with its status, headers and body, and stores nothing again', async () => {
    const key = freshKey();
    const first = await post('/Patient', `"${key}"`, patient('Once'));
    const second = await post('/Patient', key, patient('Once'));
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect(second.headers['idempotency-replayed']).toBe('true');
    for (const header of ['location', 'etag', 'last-modified', 'content-type']) {
      expect([header, second.headers[header]]).toEqual([header, first.headers[header]]);
    }
    expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
    expect(second.text).toBe(first.text);
    expect(await total('Once')).toBe(1);
  });

  it('keeps an answer without a body as one', async () => {
    const key = freshKey();
    const minimal = () => post('/Patient', key, patient('Minimal')).set('Prefer', 'return=minimal');
    const [first, second] = [await minimal(), await minimal()];
    expect([second.status, second.text, second.headers['location']]).toEqual([
      201,
      '',
      first.headers['location'],
    ]);
  });

  it('has one effect under 50 parallel calls, which get its answer or 409', async () => {
    const key = freshKey();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post('/Patient', key, patient('Parallel'))),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].filter((status) => status !== 201 && status !== 409)).toEqual([]);
    const running = answers.find(({ status }) => status === 409);
    if (running !== undefined) {
      expect([issueOf(running, 0).code, running.headers['retry-after']]).toEqual(['conflict', '1']);
    }
    expect(new Set(answers.flatMap(({ headers }) => headers['location'] ?? [])).size).toBe(1);
    expect(await total('Parallel')).toBe(1);
    expect((await post('/Patient', key, patient('Parallel'))).headers['idempotency-replayed']).toBe('true');
  });

  it('holds for a whole transaction and for a batch', async () => {
    for (const type of ['transaction', 'batch']) {
      const key = freshKey();
      const bundle = {
        resourceType: 'Bundle',
        type,
        entry: ['a', 'b'].map(() => ({
          resource: patient(`In-${type}`),
          request: { method: 'POST', url: 'Patient' },
        })),
      };
      const [first, second] = [await post('', key, bundle), await post('', key, bundle)];
      expect([first.status, second.status, second.text]).toEqual([200, 200, first.text]);
      expect(await total(`In-${type}`)).toBe(2);
    }
  });

  it('stands for one body and one address: others are 422, and change nothing', async () => {
    const key = freshKey();
    await post('/Patient', key, patient('First'));
    const otherBody = await post('/Patient', key, patient('Other'));
    const otherAddress = await post('/Organization', key, { resourceType: 'Organization', name: 'Other' });
    const otherCondition = await post('/Patient', key, patient('First')).set('If-None-Exist', 'family=First');
    expect([otherBody.status, otherAddress.status, otherCondition.status]).toEqual([422, 422, 422]);
    expect(issueOf(otherBody, 0)).toEqual({
      severity: 'error',
      code: 'business-rule',
      diagnostics: 'This Idempotency-Key was used before with another body.',
    });
    expect(issueOf(otherAddress, 0).diagnostics).toBe(
      'This Idempotency-Key was used for another call: POST /Patient.',
    );
    expect(await total('Other')).toBe(0);
  });

  it('does not mind how the same body is spaced', async () => {
    const key = freshKey();
    await post('/Patient', key, patient('Spaced'));
    const again = await request(service.url)
      .post('/fhir/Patient')
      .set({ Authorization: service.bearer('system'), 'Idempotency-Key': key })
      .type('application/fhir+json')
      .send(JSON.stringify(patient('Spaced'), undefined, 2));
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
  });

  it('is the actor’s own: another actor’s same key is another one', async () => {
    const key = freshKey();
    const mine = await post('/Patient', key, patient('Mine'));
    const body = { ...patient('Theirs'), generalPractitioner: [{ reference: 'Practitioner/gp-1' }] };
    const theirs = await post('/Patient', key, body, service.bearer('gp', 'Practitioner/gp-1'));
    expect([mine.status, theirs.status]).toEqual([201, 201]);
    expect(theirs.headers['location']).not.toBe(mine.headers['location']);
  });

  it('keeps no refusal: the corrected call may use the same key', async () => {
    const key = freshKey();
    const refused = await post('/Patient', key, { ...patient('Later'), gender: 'nobody' });
    const accepted = await post('/Patient', key, patient('Later'));
    expect([refused.status, accepted.status]).toEqual([400, 201]);
    expect(accepted.headers).not.toHaveProperty('idempotency-replayed');
  });

  it('undoes a transaction that is refused, and answers at once', async () => {
    const entry = [
      { resource: patient('Half'), request: { method: 'POST', url: 'Patient' } },
      { request: { method: 'DELETE', url: 'Patient/never-was' } },
    ];
    const refused = await post('', freshKey(), { resourceType: 'Bundle', type: 'transaction', entry });
    expect(refused.status).toBe(404);
    expect(await total('Half')).toBe(0);
  });

  it('refuses who may not call an operation at once, key or not', async () => {
    const started = performance.now();
    const refused = await post(
      '/PlanDefinition/x/$enroll',
      freshKey(),
      { resourceType: 'Parameters' },
      service.bearer('gp', 'Practitioner/gp-1'),
    );
    expect(refused.status).toBe(403);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('is forgotten after 24 hours, not before', async () => {
    const key = freshKey();
    const first = await post('/Patient', key, patient('Day'));
    service.clock.advance(24 * hourMs - 1);
    expect((await post('/Patient', key, patient('Day'))).headers['location']).toBe(first.headers['location']);
    service.clock.advance(1);
    const late = await post('/Patient', key, patient('Day'));
    expect(late.headers['location']).not.toBe(first.headers['location']);
    expect(await total('Day')).toBe(2);
  });

  it.each([
    ['empty', ''],
    ['an empty string', '""'],
    ['longer than 255', 'x'.repeat(256)],
    ['with a space', 'a b'],
    ['with a space, in quotes', '"a b"'],
    ['with a tab', 'a\tb'],
    ['with letters beyond ASCII', 'kéy'],
    ['a quote that does not end', '"abc'],
    ['a quote within quotes', '"a"b"'],
    ['two keys', 'one, two'],
  ])('that is %s is refused with 400', async (_fault, key) => {
    const answer = await post('/Patient', key, patient('Never'));
    expect([answer.status, issueOf(answer, 0).code]).toEqual([400, 'invalid']);
    expect(await total('Never')).toBe(0);
  });

  it.each([
    ['one letter', 'x'],
    ['255 letters', 'x'.repeat(255)],
    ['a string with escapes', '"with-\\"quotes\\"-and-\\\\"'],
  ])('may be %s', async (_shape, key) => {
    expect((await post('/Patient', key, patient('Good'))).status).toBe(201);
  });

  it('changes nothing where nothing is written', async () => {
    const found = await request(service.url)
      .post('/fhir/Patient/_search')
      .set({ Authorization: service.bearer('system'), 'Idempotency-Key': 'not a key' })
      .type('form')
      .send('family=Once');
    expect(found.status).toBe(200);
  });
});

describe('an Idempotency-Key, when the process is killed', () => {
  it('has one effect, whenever the kill comes', async () => {
    const dataDir = mkdtempSync(join(folder, 'killed-'));
    const bearer = await systemBearer(dataDir);
    const post = async (base: string, key: string) => {
      const answer = await fetch(`${base}/Patient`, {
        method: 'POST',
        headers: {
          Authorization: bearer,
          'Idempotency-Key': key,
          'Content-Type': 'application/fhir+json',
        },
        body: JSON.stringify({ ...patient('Killed'), identifier: [{ system: 'urn:test', value: key }] }),
      });
      return answer.status === 201 ? answer.headers.get('Location') : undefined;
    };
    const keys = Array.from({ length: 300 }, (_none, at) => `killed-${at}`);
    const first = await startChild(dataDir);
    const acknowledged = new Map<string, string>();
    let lost = 0;
    const calls = keys.map(async (key) => {
      try {
        const location = await post(first.base, key);
        if (location) acknowledged.set(key, location);
      } catch {
        // The connection went with the process: whether the effect is there, nobody can tell but by asking again.
        lost += 1;
      }
    });
    while (acknowledged.size < 20) await new Promise((resolve) => setTimeout(resolve, 1));
    await first.kill();
    await Promise.all(calls);
    expect([acknowledged.size >= 20, acknowledged.size + lost]).toEqual([true, keys.length]);

    const second = await startChild(dataDir);
    try {
      const again = new Map<string, string>();
      for (const key of keys) again.set(key, (await post(second.base, key)) ?? '');
      for (const [key, location] of acknowledged) {
        expect(new URL(again.get(key) ?? '').pathname).toBe(new URL(location).pathname);
      }
      const found = await fetch(`${second.base}/Patient?family=Killed&_total=accurate&_count=0`, {
        headers: { Authorization: bearer },
      });
      expect(await found.json()).toHaveProperty('total', keys.length);
    } finally {
      await second.stop();
    }
  });
});
