// A fault of our own is answered with an opaque 500 and logged without a word of what was sent.
import request from 'supertest';
import { createApp } from '../../src/app.ts';
import { jsonLog, type LogFields } from '../../src/runtime/log.ts';
import { startTestService } from '../support/test-system.ts';

it('answers a bug with 500 and the request id, and logs where it happened but no content', async () => {
  const lines: [string, LogFields][] = [];
  const service = await startTestService();
  const app = createApp({
    ...service.system,
    parseSearch: () => {
      throw new TypeError('cannot read "Invented Person, PHQ-15 = 12"');
    },
    log: { info: () => undefined, error: (message, fields = {}) => lines.push([message, fields]) },
  });
  const answer = await request(app)
    .get('/fhir/Patient?family=Canary')
    .set('Authorization', service.bearer('system'))
    .set('X-Request-Id', 'call-1');
  expect(answer.status).toBe(500);
  expect(answer.body).toEqual({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'fatal', code: 'exception', diagnostics: 'Internal error. Request id: call-1' }],
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.[0]).toBe('request failed');
  expect(lines[0]?.[1]).toMatchObject({ requestId: 'call-1', error: 'TypeError' });
  const logged = JSON.stringify(lines);
  expect(logged).toContain('faults.test.ts');
  for (const secret of ['Canary', 'Invented', 'PHQ-15', 'Bearer']) {
    expect(logged).not.toContain(secret);
  }
  await service.stop();
});

it('writes when a bug came up, and where', async () => {
  const lines: string[] = [];
  const service = await startTestService();
  const app = createApp({
    ...service.system,
    parseSearch: () => {
      throw new TypeError('broken');
    },
    log: jsonLog(
      (line) => lines.push(line),
      () => new Date('2026-11-20T09:00:00Z'),
    ),
  });
  await request(app).get('/fhir/Patient').set('Authorization', service.bearer('system'));
  const line = JSON.parse(lines[0] ?? '') as Readonly<Record<string, string>>;
  expect(line).toMatchObject({ at: '2026-11-20T09:00:00.000Z', level: 'error', message: 'request failed' });
  expect(line['stack']).toContain('faults.test.ts');
  await service.stop();
});

it('says that it is not ready while it stops', async () => {
  const service = await startTestService();
  service.system.stopTakingRequests();
  const answer = await request(service.url).get('/readyz');
  expect([answer.status, answer.body]).toEqual([503, { status: 'not-ready' }]);
  expect((await request(service.url).get('/livez')).body).toEqual({ status: 'live' });
  await service.stop();
});

it('creates no resource by PUT where the setting says so', async () => {
  const service = await startTestService({ createOnUpdate: false });
  const answer = await request(service.url)
    .put('/fhir/Patient/mine')
    .set('Authorization', service.bearer('system'))
    .set('Content-Type', 'application/fhir+json')
    .send('{"resourceType":"Patient","id":"mine"}');
  expect(answer.status).toBe(405);
  expect(answer.headers['allow']).toBe('GET, HEAD');
  expect(answer.body).toEqual({
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: 'not-supported',
        diagnostics: 'There is no such resource, and this server chooses the ids: create it by POST.',
      },
    ],
  });
  await service.stop();
});
