// Changing a plan over HTTP: the version that was seen, a call that comes twice, bodies that are wrong, and who may.
import request from 'supertest';
import { startTestService, type TestService } from '../support/test-system.ts';

let service: TestService;
let bearer: string;
let id: string;
beforeAll(async () => {
  service = await startTestService();
  bearer = service.bearer('system');
  const store = async (resource: object, type: string) => {
    const answer = await request(service.app)
      .post(`/fhir/${type}`)
      .set('Authorization', bearer)
      .set('Content-Type', 'application/fhir+json')
      .send(JSON.stringify({ resourceType: type, ...resource }));
    expect(answer.status).toBe(201);
    return `${type}/${answer.body.id}`;
  };
  const patient = await store({}, 'Patient');
  const therapist = await store({}, 'Practitioner');
  const answer = await post('/fhir/PlanDefinition/psychosomatic-therapy/$enroll', [
    { name: 'subject', valueString: patient },
    { name: 'careManager', valueString: therapist },
    { name: 'noReferralReason', valueString: 'Came directly' },
    { name: 'noBaselineReason', valueString: 'No time yet' },
    { name: 'goal', part: [{ name: 'text', valueString: 'Walk to the lake' }] },
    { name: 'start', valueDate: '2099-01-05' },
  ]);
  expect(answer.status).toBe(201);
  id = String(answer.headers['location']).match(/CarePlan\/([^/]+)/)?.[1] ?? '';
});
afterAll(() => service.stop());

function post(path: string, parameter: readonly object[], headers: Record<string, string> = {}) {
  return request(service.app)
    .post(path)
    .set({ Authorization: bearer, 'Content-Type': 'application/fhir+json', ...headers })
    .send(JSON.stringify({ resourceType: 'Parameters', parameter }));
}

const why = [
  { name: 'reason', valueCode: 'practical' },
  { name: 'agreed', valueBoolean: true },
];
const drop = (session: number) => [
  {
    name: 'edit',
    part: [{ name: 'kind', valueCode: 'drop' }, { name: 'session', valueInteger: session }, ...why],
  },
];
const tailor = () => `/fhir/CarePlan/${id}/$tailor`;
const version = async (): Promise<string> => {
  const answer = await request(service.app).get(`/fhir/CarePlan/${id}`).set('Authorization', bearer);
  return String(answer.headers['etag']);
};
const diagnosticsOf = (body: { readonly issue?: readonly { readonly diagnostics?: string }[] }) =>
  body.issue?.[0]?.diagnostics;

it('demands the version that was seen, and takes an old one for nothing', async () => {
  const unnamed = await post(tailor(), drop(6));
  expect(unnamed.status).toBe(428);
  expect(diagnosticsOf(unnamed.body)).toBe(
    'Say which version of the CarePlan you saw, such as If-Match: W/"3", so that nobody\'s change is lost.',
  );
  const stale = await post(tailor(), drop(6), { 'If-Match': 'W/"99"' });
  expect(stale.status).toBe(412);
});

it('does a call once that comes twice with one key', async () => {
  const headers = { 'If-Match': await version(), 'Idempotency-Key': 'drop-the-sixth' };
  const first = await post(tailor(), drop(6), headers);
  const second = await post(tailor(), drop(6), headers);
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.headers['idempotency-replayed']).toBe('true');
  expect(second.body).toEqual(first.body);
  expect(first.body.parameter[0].resource.meta.versionId).toBe('2');
});

it.each<[string, readonly object[], number, string]>([
  [
    'an unknown parameter',
    [{ name: 'edits', valueString: 'x' }],
    400,
    'unknown parameter "edits"; known here: edit, dryRun',
  ],
  ['an edit without a kind', [{ name: 'edit', part: why }], 400, 'an edit needs its "kind", such as move'],
  [
    'minutes that are none',
    [
      {
        name: 'edit',
        part: [{ name: 'kind', valueCode: 'change-dose' }, { name: 'minutes', valueInteger: -5 }, ...why],
      },
    ],
    400,
    '"minutes" is a number of minutes from 1 to 1440',
  ],
  [
    'a session that was dropped',
    drop(6),
    422,
    '"Session 6" was dropped and stays as it is; open: 1, 2, 3, 4, 5',
  ],
])('refuses %s', async (_name, parameter, status, diagnostics) => {
  const answer = await post(tailor(), parameter, { 'If-Match': await version() });
  expect([answer.status, diagnosticsOf(answer.body)]).toEqual([status, diagnostics]);
});

it('knows no plan of another id, and lets no patient change one', async () => {
  const unknown = await post('/fhir/CarePlan/nobody/$tailor', drop(1), { 'If-Match': 'W/"1"' });
  expect(unknown.status).toBe(404);
  const patient = await service.makeBearer('patient', 'Patient/x');
  const answer = await post(tailor(), drop(1), { Authorization: patient, 'If-Match': 'W/"1"' });
  expect([answer.status, diagnosticsOf(answer.body)]).toEqual([
    403,
    'This token (patient) may not call CarePlan/$tailor.',
  ]);
});

it('shows the difference by query, at an instant too', async () => {
  const get = (query: string) =>
    request(service.app).get(`/fhir/CarePlan/${id}/$deviations${query}`).set('Authorization', bearer);
  const now = await get('');
  expect(now.status).toBe(200);
  expect(JSON.stringify(now.body)).toContain('was dropped.');
  expect((await get('?at=never')).status).toBe(400);
  expect((await get('?at=2000-01-01T00:00:00Z')).status).toBe(404);
});
