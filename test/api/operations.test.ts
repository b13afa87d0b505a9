// How any operation is called: by Parameters or by query, at its levels, with its dollar sign as it comes.
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const send = (method: 'get' | 'post', path: string) =>
  request(service.url)[method](path).set('Authorization', service.bearer('system'));
const outcome = (code: string, diagnostics: string, more: object = {}) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, ...more }],
});

it('refuses a body that is no Parameters, and says what to send', async () => {
  const answer = await send('post', '/fhir/Patient/x/$refer')
    .set('Content-Type', 'application/fhir+json')
    .send('{"resourceType":"Patient"}');
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual(
    outcome(
      'invalid',
      '$refer takes a Parameters resource, not Patient: {"resourceType":"Parameters","parameter":[{"name":"...","value...":...}]}. Its parameters are in https://w3id.org/alongside/fhir/OperationDefinition/patient-refer.',
      { expression: ['Patient'] },
    ),
  );
});

it('refuses Parameters that are not valid R4, with the place', async () => {
  const answer = await send('post', '/fhir/Patient/x/$refer')
    .set('Content-Type', 'application/fhir+json')
    .send('{"resourceType":"Parameters","parameter":[{"valueString":"nameless"}]}');
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toContain('Parameters.parameter[0].name');
});

it('takes the same call with the dollar sign written either way, by query or by body', async () => {
  const plan = 'PlanDefinition/no-such-plan';
  const body = '{"resourceType":"Parameters","parameter":[{"name":"subject","valueString":"Patient/x"}]}';
  const answers = [
    await send('get', `/fhir/${plan}/$apply?subject=Patient/x`),
    await send('get', `/fhir/${plan}/%24apply?subject=Patient/x&_format=json`),
    await send('post', `/fhir/${plan}/$apply?subject=Patient/x`),
    await send('post', `/fhir/${plan}/$apply`).set('Content-Type', 'application/fhir+json').send(body),
  ];
  for (const answer of answers) {
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(answers[0]?.body);
  }
});

it('refuses a method or a level that an operation does not have', async () => {
  const byGet = await send('get', '/fhir/Patient/x/$refer');
  expect([byGet.status, byGet.headers['allow']]).toEqual([405, 'POST']);
  const byType = await send('post', '/fhir/Patient/$refer');
  expect(byType.status).toBe(404);
  expect(byType.body).toEqual(outcome('not-found', 'There is no operation $refer at this address.'));
});

it('refuses an actor whose role may not call it', async () => {
  const patient = await service.makeBearer('patient', 'Patient/x');
  const answer = await request(service.url).post('/fhir/Patient/x/$refer').set('Authorization', patient);
  expect(answer.status).toBe(403);
  expect(answer.body).toEqual(outcome('forbidden', 'This token (patient) may not call Patient/$refer.'));
});
