// Changing a plan over HTTP: the version that was seen, a call that comes twice, bodies that are wrong, and who may.
import type { OperationOutcome, Parameters } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

const post: CourseOverHttp['post'] = (...asked) => course.post(...asked);

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
const tailor = () => `/fhir/CarePlan/${course.id}/$tailor`;
const version = () => course.version();
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
  const patient = await course.service.makeBearer('patient', 'Patient/x');
  const answer = await post(tailor(), drop(1), { Authorization: patient, 'If-Match': 'W/"1"' });
  expect([answer.status, diagnosticsOf(answer.body)]).toEqual([
    403,
    'This token (patient) may not call CarePlan/$tailor.',
  ]);
});

it('shows the difference by query, at an instant too', async () => {
  const get = (query: string) => course.get(`/fhir/CarePlan/${course.id}/$deviations${query}`);
  const now = await get('');
  expect(now.status).toBe(200);
  expect(JSON.stringify(now.body)).toContain('was dropped.');
  expect((await get('?at=never')).status).toBe(400);
  expect((await get('?at=2000-01-01T00:00:00Z')).status).toBe(404);
});

it('says one reason once, however many edits moved the session, and where each of them stands', async () => {
  const moveThird = async (day: string, words: string) => {
    const parts = [
      { name: 'kind', valueCode: 'move' },
      { name: 'session', valueInteger: 3 },
      { name: 'date', valueDate: day },
      { name: 'shift', valueBoolean: false },
      { name: 'reason', valueCode: 'practical' },
      { name: 'reasonText', valueString: words },
      { name: 'agreed', valueBoolean: true },
    ];
    const moved = await post(tailor(), [{ name: 'edit', part: parts }], { 'If-Match': await version() });
    expect([moved.status, diagnosticsOf(moved.body)]).toEqual([200, undefined]);
  };
  await moveThird('2099-01-20', 'The bus is on strike');
  await moveThird('2099-01-21', 'The bus is on strike');
  await moveThird('2099-01-22', 'A day off');
  await moveThird('2099-01-23', 'The bus is on strike');
  const { parameter = [] } = (await course.get(`/fhir/CarePlan/${course.id}/$deviations`)).body as Parameters;
  const [moved] = parameter.flatMap(({ part = [] }) =>
    part.some(({ valueString }) => valueString === 'session-03')
      ? part.filter(({ name }) => name === 'difference')
      : [],
  );
  const of = (name: string) => (moved?.part ?? []).filter((each) => each.name === name);
  expect(of('reason').map(({ valueCodeableConcept }) => valueCodeableConcept?.text)).toEqual([
    'The bus is on strike',
    'A day off',
  ]);
  expect(new Set(of('source').map(({ valueReference }) => valueReference?.reference)).size).toBe(4);
  expect(of('source')).toHaveLength(4);
});

it('drops what the protocol has in every course with a warning, for tailoring is no error', async () => {
  const answer = await post(tailor(), [...drop(1), { name: 'dryRun', valueBoolean: true }], {
    'If-Match': await version(),
  });
  expect(answer.status).toBe(200);
  const { parameter = [] } = answer.body as Parameters;
  const issues = parameter.find(({ name }) => name === 'issues')?.resource as OperationOutcome | undefined;
  expect(issues?.issue).toContainEqual({
    severity: 'warning',
    code: 'business-rule',
    diagnostics: '"First session" is dropped; by the protocol every course has it (requiredBehavior must).',
  });
});

it('takes a reason that comes as a code for a code, and not for words', async () => {
  const [edit] = drop(5);
  const parts = edit?.part.filter(({ name }) => name !== 'reason') ?? [];
  const send = async (reason: object) =>
    post(
      tailor(),
      [
        { name: 'edit', part: [...parts, { name: 'reason', ...reason }] },
        { name: 'dryRun', valueBoolean: true },
      ],
      { 'If-Match': await version() },
    );
  const unknown = await send({ valueCode: 'practicall' });
  expect(unknown.status).toBe(422);
  expect(diagnosticsOf(unknown.body)).toMatch(
    /^"practicall" is no reason of https:\/\/w3id\.org\/alongside\/fhir\/CodeSystem\/tailoring-reason; known: /,
  );
  expect((await send({ valueCode: 'practical' })).status).toBe(200);
  expect((await send({ valueString: 'The bus does not go any more' })).status).toBe(200);
});
