// A new version of a protocol over HTTP: who may see what it changes, the version of the plan that was seen, and a call that comes twice.
import type { Parameters, PlanDefinition, ServiceRequest } from '@medplum/fhirtypes';
import { saidIn } from '../../src/course/said.ts';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

const url = 'https://w3id.org/alongside/fhir/PlanDefinition/psychosomatic-therapy';
const protocol = '/fhir/PlanDefinition/psychosomatic-therapy';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
  const current = JSON.stringify((await get(protocol)).body as PlanDefinition);
  const newer = current
    .replace('"title":"Session 3"', '"title":"Half way"')
    .replace('"valueString":"Sessie 3"', '"valueString":"Halverwege"');
  const next = { ...(JSON.parse(newer) as PlanDefinition), version: '2.0.0' };
  expect((await course.send('put', protocol, next)).status).toBe(200);
});
afterAll(() => course.service.stop());

const get: CourseOverHttp['get'] = (...asked) => course.get(...asked);
const post: CourseOverHttp['post'] = (...asked) => course.post(...asked);

const goOn = (version = '2.0.0') => [
  { name: 'to', valueCanonical: `${url}|${version}` },
  { name: 'reason', valueCode: 'new-version' },
  { name: 'agreed', valueBoolean: true },
];
const migrate = () => `/fhir/CarePlan/${course.id}/$migrate`;
const version = async (): Promise<string> =>
  String((await get(`/fhir/CarePlan/${course.id}`)).headers['etag']);
const diagnosticsOf = (body: { readonly issue?: readonly { readonly diagnostics?: string }[] }) =>
  body.issue?.[0]?.diagnostics;
const courses = (body: Parameters) => body.parameter?.filter(({ name }) => name === 'course') ?? [];

it('leaves the old version readable where the course finds it, and lists the course', async () => {
  expect((await get(`${protocol}/_history/1`)).body.version).toBe('1.0.0');
  expect((await get(`/fhir/CarePlan/${course.id}`)).body.instantiatesCanonical).toEqual([`${url}|1.0.0`]);
  const answer = await get(`${protocol}/$impact?_count=5`);
  expect(answer.status).toBe(200);
  expect(courses(answer.body)).toMatchObject([
    {
      part: [
        { name: 'carePlan', valueReference: { reference: `CarePlan/${course.id}` } },
        { name: 'versionId', valueString: '1' },
        { name: 'subject' },
        { name: 'status', valueCode: 'active' },
        { name: 'runsOn', valueCanonical: `${url}|1.0.0` },
        { name: 'answer', valueCode: 'open' },
        { name: 'step', part: [{ valueString: 'session-03' }, {}, { valueCode: 'changed' }, {}, {}, {}] },
      ],
    },
  ]);
});

it('shows no course to a therapist who has none, and no list to those who lead none', async () => {
  const therapist = await course.service.makeBearer('therapist', 'Practitioner/somebody-else');
  expect(courses((await get(`${protocol}/$impact`, therapist)).body)).toEqual([]);
  for (const [role, subject] of [
    ['gp', 'Practitioner/x'],
    ['patient', 'Patient/x'],
    ['manager', undefined],
  ] as const) {
    const refused = await get(`${protocol}/$impact`, await course.service.makeBearer(role, subject));
    expect([refused.status, diagnosticsOf(refused.body)]).toEqual([
      403,
      `This token (${role}) may not call PlanDefinition/$impact.`,
    ]);
  }
  const patient = await course.service.makeBearer('patient', 'Patient/x');
  const answer = await post(migrate(), goOn(), { Authorization: patient, 'If-Match': 'W/"1"' });
  expect([answer.status, diagnosticsOf(answer.body)]).toEqual([
    403,
    'This token (patient) may not call CarePlan/$migrate.',
  ]);
});

it.each<[string, string, number, string]>([
  ['?count=3', 'unknown', 400, 'unknown parameter "count"; known here: version, from, _count, _cursor'],
  ['?_count=few', 'no number', 400, '"_count" is a number'],
  ['?version=9', 'an unknown version', 404, `version 9 of ${url} is not known`],
  ['?version=2.0.0&version=1.0.0', 'two versions', 400, '"version" may be given once only'],
])('refuses the list for %s (%s)', async (query, _name, status, diagnostics) => {
  const answer = await get(`${protocol}/$impact${query}`);
  expect([answer.status, diagnosticsOf(answer.body)]).toEqual([status, diagnostics]);
});

it('demands the version of the plan that was seen, and takes an old one for nothing', async () => {
  const unnamed = await post(migrate(), goOn());
  expect([unnamed.status, diagnosticsOf(unnamed.body)]).toEqual([
    428,
    'Say which version of the CarePlan you saw, such as If-Match: W/"3", so that nobody\'s change is lost.',
  ]);
  expect((await post(migrate(), goOn(), { 'If-Match': 'W/"99"' })).status).toBe(412);
  const unknown = await post('/fhir/CarePlan/nobody/$migrate', goOn(), { 'If-Match': 'W/"1"' });
  expect(unknown.status).toBe(404);
  const nonsense = await post(migrate(), [{ name: 'too', valueString: 'x' }], { 'If-Match': 'W/"1"' });
  expect([nonsense.status, diagnosticsOf(nonsense.body)]).toEqual([
    400,
    'unknown parameter "too"; known here: to, choice, renew, dryRun, reason, reasonText, agreed, notAgreedReason',
  ]);
  expect((await get(migrate())).status).toBe(405);
});

it('does a call once that comes twice with one key, keeps the Dutch of a title, and finds the record by search', async () => {
  const headers = { 'If-Match': await version(), 'Idempotency-Key': 'go-on-by-the-second' };
  const first = await post(migrate(), goOn(), headers);
  const second = await post(migrate(), goOn(), headers);
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.headers['idempotency-replayed']).toBe('true');
  expect(second.body).toEqual(first.body);
  expect(await version()).toBe('W/"2"');
  const records = await get(
    `/fhir/Provenance?target=CarePlan/${course.id}&entity=PlanDefinition/psychosomatic-therapy`,
  );
  expect(records.body.total ?? records.body.entry.length).toBe(1);
  const changed = (first.body as Parameters).parameter?.find(({ name }) => name === 'session')?.part ?? [];
  const halfWay = { text: 'Half way', translations: { nl: 'Halverwege' } };
  expect(saidIn(changed.find(({ name }) => name === 'title') ?? {}, 'valueString')).toEqual(halfWay);
  const session = (
    await get(`/fhir/${changed.find(({ name }) => name === 'source')?.valueReference?.reference}`)
  ).body as ServiceRequest;
  expect(saidIn(session.code ?? {}, 'text')).toEqual(halfWay);
  const again = await post(migrate(), goOn(), { 'If-Match': await version() });
  expect(again.body.parameter[0]).toEqual({ name: 'outcome', valueCode: 'already-there' });
  expect(await version()).toBe('W/"2"');
  expect(courses((await get(`${protocol}/$impact`)).body)).toEqual([]);
});
