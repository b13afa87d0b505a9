// Recording the shared explanation over HTTP: the version that was seen, calls that come twice or at once, wrong bodies, who may, and the search for it.
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

const get: CourseOverHttp['get'] = (...asked) => course.get(...asked);
const post: CourseOverHttp['post'] = (...asked) => course.post(...asked);

const formulate = () => `/fhir/CarePlan/${course.id}/$formulate`;
const version = () => course.version();
const diagnosticsOf = (body: { readonly issue?: readonly { readonly diagnostics?: string }[] }) =>
  body.issue?.[0]?.diagnostics;
const said = (state: string, text: string) => [
  { name: 'state', valueCode: state },
  {
    name: 'factor',
    part: [
      { name: 'role', valueCode: 'perpetuating' },
      { name: 'text', valueString: text },
      { name: 'view', valueCode: 'patient' },
    ],
  },
];

it('demands the version that was seen, and takes an old one for nothing', async () => {
  const unnamed = await post(formulate(), said('suggested', 'Sleep'));
  expect([unnamed.status, diagnosticsOf(unnamed.body)]).toEqual([
    428,
    'Say which version of the CarePlan you saw, such as If-Match: W/"3", so that nobody\'s change is lost.',
  ]);
  const stale = await post(formulate(), said('suggested', 'Sleep'), { 'If-Match': 'W/"99"' });
  expect(stale.status).toBe(412);
});

it('does a call once that comes twice, with one key or without, and of two at once lets one through', async () => {
  const seen = await version();
  const headers = { 'If-Match': seen, 'Idempotency-Key': 'first-explanation' };
  const first = await post(formulate(), said('suggested', 'Sleep'), headers);
  const second = await post(formulate(), said('suggested', 'Sleep'), headers);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(first.headers['location']).toContain('/ClinicalImpression/');
  expect(second.body).toEqual(first.body);
  const unkeyed = await post(formulate(), said('suggested', 'Sleep'), { 'If-Match': seen });
  expect(unkeyed.status).toBe(200);
  const now = { 'If-Match': await version() };
  const both = await Promise.all([
    post(formulate(), said('talked-through', 'Sleep'), now),
    post(formulate(), said('talked-through', 'Tension'), now),
  ]);
  expect(both.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([201, 412]);
  const found = await get(`/fhir/ClinicalImpression?subject=${course.patient}&_total=accurate`);
  expect(found.body.total).toBe(2);
});

it.each<[string, readonly object[], number, string]>([
  [
    'an unknown parameter',
    [{ name: 'factors', valueString: 'x' }],
    400,
    'unknown parameter "factors"; known here: state, reason, summary, factor, date, encounter, previous',
  ],
  [
    'a sureness that is no number',
    [
      {
        name: 'factor',
        part: [
          { name: 'role', valueCode: 'perpetuating' },
          { name: 'text', valueString: 'x' },
          { name: 'view', valueCode: 'patient' },
          { name: 'sure', valueString: 'very' },
        ],
      },
    ],
    400,
    '"sure" is of type integer: send it as valueInteger, not as valueString',
  ],
  [
    'a date that is none',
    [...said('suggested', 'Worry'), { name: 'date', valueDateTime: 'yesterday' }],
    400,
    'Invalid dateTime format',
  ],
])('refuses %s', async (_name, parameter, status, diagnostics) => {
  const answer = await post(formulate(), parameter, { 'If-Match': await version() });
  expect([answer.status, diagnosticsOf(answer.body)]).toEqual([status, diagnostics]);
});

it('knows no plan of another id, and lets neither patient nor GP call it', async () => {
  const unknown = await post('/fhir/CarePlan/nobody/$formulate', said('suggested', 'Sleep'), {
    'If-Match': 'W/"1"',
  });
  expect(unknown.status).toBe(404);
  for (const [role, subject] of [
    ['patient', course.patient],
    ['gp', 'Practitioner/x'],
  ] as const) {
    const token = await course.service.makeBearer(role, subject);
    const headers = { Authorization: token, 'If-Match': await version() };
    const answer = await post(formulate(), said('suggested', 'Sleep'), headers);
    expect([answer.status, diagnosticsOf(answer.body)]).toEqual([
      403,
      `This token (${role}) may not call CarePlan/$formulate.`,
    ]);
  }
});

it('finds which goals work on a factor, in every version of the explanation, and which rest on one version', async () => {
  const goals = (await get(`/fhir/Goal?subject=${course.patient}`)).body as {
    readonly entry: readonly { readonly resource: { readonly id: string } }[];
  };
  const goal = goals.entry[0]?.resource;
  const versions = (await get(`/fhir/ClinicalImpression?subject=${course.patient}`)).body as {
    readonly entry: readonly {
      readonly resource: { readonly id: string; readonly previous?: { readonly reference: string } };
    }[];
  };
  // Both were made in the same instant of the test's clock: which came second is said by the one before it.
  const later = versions.entry.find(({ resource }) => resource.previous !== undefined)?.resource;
  const first = later?.previous?.reference;
  const second = `ClinicalImpression/${later?.id}`;
  const own = 'https://w3id.org/alongside/fhir/StructureDefinition';
  const next = {
    ...goal,
    extension: [
      {
        url: `${own}/works-on`,
        valueReference: {
          reference: first,
          extension: [{ url: `${own}/works-on-factor`, valueString: 'factor-1' }],
        },
      },
    ],
  };
  const changed = await course.send('put', `/fhir/Goal/${goal?.id}`, next, { 'If-Match': 'W/"1"' });
  expect(changed.status).toBe(200);
  const idsOf = async (query: string) => {
    const answer = await get(`/fhir/Goal?subject=${course.patient}&${query}`);
    expect(answer.status).toBe(200);
    return (
      (answer.body as { readonly entry?: readonly { readonly resource: { readonly id: string } }[] }).entry ??
      []
    ).map(({ resource }) => resource.id);
  };
  expect(await idsOf('works-on-factor=factor-1')).toEqual([goal?.id]);
  expect(await idsOf('works-on-factor=factor-2')).toEqual([]);
  expect(await idsOf(`works-on=${first}`)).toEqual([goal?.id]);
  expect(await idsOf(`works-on=${second}`)).toEqual([]);
});
