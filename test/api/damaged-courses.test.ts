// Courses and plans that some other system stored, damaged in whatever place: an operation on them answers with what it can tell or says
// what is wrong. None answers with a fault of the service, and a refusal leaves nothing behind.
import type {
  Bundle,
  CarePlan,
  Encounter,
  PlanDefinition,
  Resource,
  ServiceRequest,
} from '@medplum/fhirtypes';
import fc from 'fast-check';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';
import { asBatch, type Damage, damaged, damages, refusal, renamed } from './damaged-course.ts';

const numRuns = 12;
const seed = 20_261_128;
const url = 'https://w3id.org/alongside/fhir/PlanDefinition/psychosomatic-therapy';

let course: CourseOverHttp;
let whole: readonly Resource[];
let protocol: PlanDefinition;
let copies = 0;
beforeAll(async () => {
  course = await startCourseOverHttp();
  const held = await course.post(
    `/fhir/CarePlan/${course.id}/$session-complete`,
    [...meeting(), { name: 'homework', part: [{ name: 'description', valueString: 'Walk' }] }],
    { 'If-Match': await course.version() },
  );
  expect(held.status).toBe(201);
  protocol = (await course.get('/fhir/PlanDefinition/psychosomatic-therapy')).body as PlanDefinition;
  const newer = JSON.stringify({ ...protocol, version: '2.0.0' }).replace('"Session 3"', '"Half way"');
  const put = await course.send(
    'put',
    '/fhir/PlanDefinition/psychosomatic-therapy',
    JSON.parse(newer) as object,
  );
  expect(put.status).toBe(200);
  const everything = (await course.get(`/fhir/${course.patient}/$everything?_count=200`)).body as Bundle;
  whole = (everything.entry ?? []).flatMap(({ resource }) => {
    if (!resource || resource.resourceType === 'Provenance') return [];
    const { meta: _meta, ...rest } = resource;
    return [rest as Resource];
  });
});
afterAll(() => course.service.stop());

const why = [
  { name: 'reason', valueCode: 'practical' },
  { name: 'agreed', valueBoolean: true },
];
const session = (number: number) => ({ name: 'session', valueInteger: number });
const meeting = (): readonly object[] => [
  { name: 'performer', valueReference: { reference: course.therapist } },
  { name: 'minutes', valueInteger: 40 },
  {
    name: 'element',
    part: [
      { name: 'code', valueCode: 'education' },
      { name: 'minutes', valueInteger: 20 },
    ],
  },
];
const edit = (kind: string, ...part: readonly object[]) => [
  { name: 'edit', part: [{ name: 'kind', valueCode: kind }, ...part, ...why] },
];
const correction = (version: string) => [
  session(1),
  { name: 'recordVersion', valueString: version },
  { name: 'reason', valueString: 'Written down wrongly' },
];
const noShow = [
  { name: 'attendance', valueCode: 'no-show' },
  session(2),
  { name: 'start', valueDate: '2026-11-20' },
];
const move = edit('move', session(3), { name: 'date', valueDate: '2099-02-20' });
const toNewer = [{ name: 'to', valueCanonical: `${url}|2.0.0` }, ...why];

const questions = ['$course', '$session-brief', '$deviations', '$next-steps', '$closing-letter'];

/** In an order in which each of them is done on a course that is whole. */
const calls = (): readonly (readonly [string, readonly object[]])[] => [
  ['$session-complete', noShow],
  [
    '$session-complete',
    [...noShow, { name: 'nextDate', valueDate: '2099-01-13' }, { name: 'agreed', valueBoolean: true }],
  ],
  ['$tailor', edit('note', { name: 'text', valueString: 'A' }, session(3))],
  ['$tailor', move],
  ['$tailor', edit('drop', session(4))],
  ['$tailor', edit('repeat', session(3))],
  ['$tailor', edit('change-interval', { name: 'days', valueInteger: 10 }, session(3))],
  ['$migrate', toNewer],
  [
    '$formulate',
    [
      { name: 'state', valueCode: 'suggested' },
      { name: 'summary', valueString: 'An alarm' },
    ],
  ],
  ['$session-correct', [...correction('1'), { name: 'minutes', valueInteger: 45 }]],
  ['$session-complete', [...meeting(), session(2), { name: 'nextDate', valueDate: '2099-02-01' }]],
  ['$session-correct', [...correction('2'), { name: 'neverHeld', valueBoolean: true }]],
  ['$pause', [{ name: 'until', valueDate: '2027-01-04' }, ...why]],
  ['$resume', why],
  ['$leave', []],
];

/** The version that was stored last of all: what a refusal must leave as it was. */
async function newestVersion(): Promise<string> {
  const answer = await course.get('/fhir/_history?_count=1');
  const [newest] = (answer.body as Bundle).entry ?? [];
  if (newest === undefined) throw new Error('nothing is stored');
  return `${newest.fullUrl} ${newest.response?.etag}`;
}

interface Answered {
  readonly call: string;
  readonly status: number;
  readonly isHalfDone: boolean;
}

/** A copy of the course, damaged, and what each operation answers about it. */
async function answersAbout(harm: readonly Damage[]): Promise<readonly Answered[]> {
  copies += 1;
  const resources = damaged(
    renamed(
      whole,
      whole.map(({ id }) => id ?? ''),
      `copy${copies}`,
    ),
    harm,
  );
  expect((await course.send('post', '/fhir', asBatch(resources))).status).toBe(200);
  const plan = `/fhir/CarePlan/${resources.find(({ resourceType }) => resourceType === 'CarePlan')?.id}`;
  const answers: Answered[] = [];
  for (const call of questions) {
    const { status } = await course.get(`${plan}/${call}`);
    answers.push({ call, status, isHalfDone: false });
  }
  for (const [call, parameter] of calls()) {
    const { headers } = await course.get(plan);
    const before = await newestVersion();
    const body = { resourceType: 'Parameters', ...(parameter.length > 0 && { parameter }) };
    const { status } = await course.send('post', `${plan}/${call}`, body, {
      'If-Match': String(headers['etag'] ?? 'W/"1"'),
    });
    answers.push({ call, status, isHalfDone: status >= 400 && (await newestVersion()) !== before });
  }
  return answers;
}

const faultsIn = (answers: readonly Answered[]) =>
  answers.filter(({ status, isHalfDone }) => status >= 500 || isHalfDone);

it('does each call on a copy that is whole, but leaving a group, which it is not', async () => {
  const answers = await answersAbout([]);
  expect(answers.filter(({ status }) => status >= 400)).toEqual([
    { call: '$leave', status: 422, isHalfDone: false },
  ]);
});

it('answers about a course that is damaged in any place without a fault, and does nothing by halves', async () => {
  await fc.assert(
    fc.asyncProperty(damages(30), async (harm) => {
      expect(faultsIn(await answersAbout(harm))).toEqual([]);
    }),
    { numRuns, seed },
  );
}, 600_000);

const stored = <K extends Resource['resourceType']>(
  type: K,
  isMeant: (each: never) => boolean = () => true,
) =>
  whole.find((each) => each.resourceType === type && isMeant(each as never)) as Extract<
    Resource,
    { resourceType: K }
  >;
const third = () => stored('ServiceRequest', ({ code }: ServiceRequest) => code?.text === 'Session 3');
const without = <T extends object>(resource: T, member: keyof T): T => {
  const { [member]: _member, ...rest } = resource;
  return rest as T;
};

type Wrong = readonly [string, () => Resource, string, readonly object[], string, string];

it.each<Wrong>([
  [
    'a plan without the order of its sessions',
    () => without<CarePlan>(stored('CarePlan'), 'activity'),
    '$tailor',
    move,
    'CarePlan/PLAN has no order of its sessions: its first activity is a reference to their RequestGroup',
    'CarePlan.activity',
  ],
  [
    'a session without a day, when another is moved',
    () => without<ServiceRequest>(third(), 'occurrenceDateTime'),
    '$tailor',
    edit('drop', session(4)),
    'session 3 (ServiceRequest/SELF) has no day from which the others could be counted: PUT it with an occurrenceDateTime that is a calendar date, YYYY-MM-DD, first',
    'ServiceRequest.occurrenceDateTime',
  ],
  [
    'a session of which only the month is said, when the protocol changes',
    () => ({ ...third(), occurrenceDateTime: '2099-03' }),
    '$migrate',
    toNewer,
    'session 3 (ServiceRequest/SELF) has no day from which the others could be counted: PUT it with an occurrenceDateTime that is a calendar date, YYYY-MM-DD, first',
    'ServiceRequest.occurrenceDateTime',
  ],
  [
    'a record without its day, when it is corrected',
    () => without<Encounter>(stored('Encounter'), 'period'),
    '$session-correct',
    [...correction('2'), { name: 'minutes', valueInteger: 45 }],
    'Encounter/SELF does not say on which day the session was: say it too ("start")',
    'Encounter.period',
  ],
])('refuses %s with what to do', async (_name, damage, call, parameter, diagnostics, expression) => {
  copies += 1;
  const ids = whole.map(({ id }) => id ?? '');
  const mark = `copy${copies}`;
  expect((await course.send('post', '/fhir', asBatch(renamed(whole, ids, mark)))).status).toBe(200);
  const [wrong] = renamed([damage()], ids, mark);
  const put = await course.send('put', `/fhir/${wrong?.resourceType}/${wrong?.id}`, wrong ?? {});
  expect(put.status).toBe(200);
  const [plan] = renamed([stored('CarePlan')], ids, mark);
  const seen = await course.get(`/fhir/CarePlan/${plan?.id}`);
  const answer = await course.post(`/fhir/CarePlan/${plan?.id}/${call}`, parameter, {
    'If-Match': String(seen.headers['etag']),
  });
  expect([answer.status, answer.body]).toEqual([
    422,
    refusal(diagnostics.replace('PLAN', plan?.id ?? '').replace('SELF', wrong?.id ?? ''), expression),
  ]);
});
