// Sessions over HTTP: the examples of openapi.yaml as they stand there, a session that did not take place, a key that comes twice, wrong inputs.
import { readFileSync } from 'node:fs';
import type { Parameters } from '@medplum/fhirtypes';
import request from 'supertest';
import { parse } from 'yaml';
import { startTestService, type TestService } from '../support/test-system.ts';

interface Contract {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly post: {
          readonly requestBody: {
            readonly content: Readonly<Record<string, { readonly example: Parameters }>>;
          };
        };
      }
    >
  >;
}
const contract = parse(readFileSync('openapi/openapi.yaml', 'utf8')) as Contract;

function exampleOf(operation: string): NonNullable<Parameters['parameter']> {
  const { content } = contract.paths[`/fhir/CarePlan/{id}/$${operation}`]?.post.requestBody ?? {};
  return content?.['application/fhir+json']?.example.parameter ?? [];
}

let service: TestService;
let bearer: string;
let plan: string;
beforeAll(async () => {
  service = await startTestService();
  service.clock.set('2026-11-20T18:00:00Z');
  bearer = service.bearer('system');
  const store = async (type: string) =>
    `${type}/${(await send('POST', type, { resourceType: type })).body.id}`;
  const patient = await store('Patient');
  const therapist = await store('Practitioner');
  const begun = await post('PlanDefinition/psychosomatic-therapy/$enroll', [
    { name: 'subject', valueString: patient },
    { name: 'careManager', valueString: therapist },
    { name: 'noReferralReason', valueString: 'Came directly' },
    { name: 'noBaselineReason', valueString: 'No time yet' },
    { name: 'goal', part: [{ name: 'text', valueString: 'Walk to the lake' }] },
    { name: 'start', valueDate: '2026-11-20' },
  ]);
  expect(begun.status).toBe(201);
  plan = `CarePlan/${String(begun.headers['location']).match(/CarePlan\/([^/]+)/)?.[1]}`;
  bearer = await service.makeBearer('therapist', therapist);
});
afterAll(() => service.stop());

function send(method: 'POST' | 'GET', path: string, body?: object, headers: Record<string, string> = {}) {
  const call =
    method === 'POST'
      ? request(service.url).post(`/fhir/${path}`)
      : request(service.url).get(`/fhir/${path}`);
  const asked = call.set({ Authorization: bearer, 'Content-Type': 'application/fhir+json', ...headers });
  return body === undefined ? asked : asked.send(JSON.stringify(body));
}
const post = (path: string, parameter: readonly object[], headers: Record<string, string> = {}) =>
  send('POST', path, { resourceType: 'Parameters', parameter }, headers);
const seen = async () => ({ 'If-Match': String((await send('GET', plan)).headers['etag']) });
const total = async (search: string) => (await send('GET', `${search}&_total=accurate&_count=0`)).body.total;

it('are recorded and corrected by the examples of the contract', async () => {
  const recorded = await post(`${plan}/$session-complete`, exampleOf('session-complete'), await seen());
  expect(recorded.status).toBe(201);
  const corrected = await post(`${plan}/$session-correct`, exampleOf('session-correct'), await seen());
  expect(corrected.status).toBe(200);
  const encounter = (corrected.body as Parameters).parameter?.find(
    ({ name }) => name === 'encounter',
  )?.resource;
  expect(encounter?.meta?.versionId).toBe('2');
  const history = await send('GET', `Encounter/${encounter?.id}/_history`);
  expect(history.body.total).toBe(2);
  expect(await total('Procedure?status=completed')).toBe(1);
  expect(await total('Task?code=homework&status=entered-in-error')).toBe(1);
});

it('give something to try at home with the factor and the goal that it works on, and refuse what is not of the course', async () => {
  const given = (...part: readonly object[]) => [
    { name: 'session', valueInteger: 4 },
    { name: 'start', valueDateTime: '2026-11-20T16:00:00+01:00' },
    { name: 'minutes', valueInteger: 30 },
    { name: 'homework', part: [{ name: 'description', valueString: 'Five slow breaths' }, ...part] },
  ];
  const factor = { name: 'factor', valueString: 'factor-1' };
  const record = async (...part: readonly object[]) =>
    post(`${plan}/$session-complete`, given(...part), await seen());
  const early = await record(factor);
  const stranger = await record({ name: 'goal', valueReference: { reference: 'Goal/unheard-of' } });
  const empty = await record({ name: 'factor', valueString: ' ' });
  const misnamed = await record({ name: 'factors', valueString: 'factor-1' });
  expect(
    [early, stranger, empty, misnamed].map(({ status, body }) => [status, body.issue[0].diagnostics]),
  ).toEqual([
    [
      422,
      'there is no shared explanation yet in which "factor-1" could stand: make one with POST CarePlan/[id]/$formulate, or leave "factor" out',
    ],
    [422, expect.stringMatching(/^"Goal\/unheard-of" is no goal of this course; its goals: Goal\/[^ ]+$/)],
    [400, 'String must contain non-whitespace content'],
    [400, 'unknown parameter "factors"; known here: description, due, findOut, confidence, factor, goal'],
  ]);
  expect(await total('Task?code=homework&status=requested')).toBe(0);
  const explained = await post(
    `${plan}/$formulate`,
    [
      { name: 'state', valueCode: 'suggested' },
      {
        name: 'factor',
        part: [
          { name: 'role', valueCode: 'perpetuating' },
          { name: 'text', valueString: 'Short nights' },
          { name: 'view', valueCode: 'patient' },
        ],
      },
    ],
    await seen(),
  );
  expect(explained.status).toBe(201);
  expect((await record(factor)).status).toBe(201);
  const impression = String(explained.headers['location']).match(/ClinicalImpression\/[^/]+/)?.[0];
  expect(await total(`Task?works-on=${impression}&works-on-factor=factor-1`)).toBe(1);
});

it('that did not take place are told once, however often one key comes', async () => {
  const headers = { ...(await seen()), 'Idempotency-Key': 'no-show-of-the-first' };
  const words = [
    { name: 'session', valueInteger: 1 },
    { name: 'attendance', valueCode: 'no-show' },
  ];
  const first = await post(`${plan}/$session-complete`, words, headers);
  const second = await post(`${plan}/$session-complete`, words, headers);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.headers['idempotency-replayed']).toBe('true');
  expect(await total('Encounter?status=cancelled')).toBe(1);
  expect(await total('Task?code=get-in-touch&status=requested')).toBe(1);
});

const known = [
  { name: 'session', valueInteger: 3 },
  { name: 'recordVersion', valueString: '2' },
  { name: 'reason', valueString: 'A word was wrong' },
];

it.each<[string, string, readonly object[], number]>([
  ['an unknown parameter', 'session-correct', [...known, { name: 'mood', valueString: 'x' }], 400],
  ['an empty text', 'session-correct', [...known, { name: 'discovered', valueString: ' ' }], 400],
  ['minutes of a day and more', 'session-correct', [...known, { name: 'minutes', valueInteger: 1441 }], 400],
  ['no session', 'session-correct', known.slice(1), 422],
  [
    'a session without a record',
    'session-correct',
    [{ name: 'session', valueInteger: 2 }, ...known.slice(1), { name: 'discovered', valueString: 'x' }],
    422,
  ],
  ['a flag that is a number', 'session-correct', [...known, { name: 'neverHeld', valueInteger: 1 }], 400],
  ['an attendance that is a number', 'session-complete', [{ name: 'attendance', valueInteger: 3 }], 400],
  [
    'a drop that is not true or false',
    'session-complete',
    [
      { name: 'attendance', valueCode: 'no-show' },
      { name: 'drop', valueString: 'yes' },
    ],
    400,
  ],
  [
    'a day that is none',
    'session-complete',
    [
      { name: 'attendance', valueCode: 'no-show' },
      { name: 'start', valueDate: '2026-02-31' },
    ],
    400,
  ],
])('%s is refused with what to do, and nothing is stored', async (_name, operation, parameter, status) => {
  const before = [
    await total('Encounter?_lastUpdated=gt2000-01-01'),
    await total('Task?_lastUpdated=gt2000-01-01'),
  ];
  const answer = await post(`${plan}/$${operation}`, parameter, await seen());
  expect([answer.status, answer.body.resourceType]).toEqual([status, 'OperationOutcome']);
  expect(answer.body.issue[0].diagnostics).toBeTruthy();
  expect([
    await total('Encounter?_lastUpdated=gt2000-01-01'),
    await total('Task?_lastUpdated=gt2000-01-01'),
  ]).toEqual(before);
});

it('are corrected only with the version of the plan', async () => {
  const unnamed = await post(`${plan}/$session-correct`, [
    ...known,
    { name: 'discovered', valueString: 'x' },
  ]);
  expect(unnamed.status).toBe(428);
});
