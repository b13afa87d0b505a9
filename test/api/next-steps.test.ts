// Possible next steps and the answer to them over HTTP: the version that was seen, a call that comes twice, bodies that are wrong, and who may.
import type { Parameters } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
let courseId: string;
beforeAll(async () => {
  course = await startCourseOverHttp();
  courseId = String((await course.get(`/fhir/CarePlan/${course.id}`)).body.identifier[0].value);
});
afterAll(() => course.service.stop());

const get: CourseOverHttp['get'] = (...asked) => course.get(...asked);
const post: CourseOverHttp['post'] = (...asked) => course.post(...asked);

const list = () => `/fhir/CarePlan/${course.id}/$next-steps`;
const answer = () => `/fhir/CarePlan/${course.id}/$answer-next-steps`;
const seen = { 'If-Match': 'W/"1"' };
const stay = [
  { name: 'choice', valueCode: 'stay-the-course' },
  { name: 'reason', valueString: 'The new rhythm is two weeks old' },
  { name: 'agreed', valueBoolean: true },
];
const refusal = (code: string, diagnostics: string, expression?: string) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, ...(expression && { expression: [expression] }) }],
});
const kept = async (type: 'GuidanceResponse' | 'Provenance') => {
  const query =
    type === 'Provenance'
      ? `entity=CarePlan/${course.id}`
      : `identifier=${courseId}&subject=${course.patient}`;
  const found = await get(`/fhir/${type}?${query}`);
  expect(found.status).toBe(200);
  return (found.body.entry ?? []).length;
};

it('shows the steps as valid Parameters', async () => {
  const shown = await get(list());
  expect(shown.status).toBe(200);
  expect(course.service.problemsOf(shown.body as Parameters)).toEqual([]);
  expect((await get(answer())).status).toBe(405);
  expect((await get(`${list()}?since=yesterday`)).body).toEqual(
    refusal('invalid', 'unknown parameter "since": none is taken here', 'Parameters.parameter[0].name'),
  );
});

it('demands the version that was seen, and takes an old one for nothing', async () => {
  const unnamed = await post(answer(), stay);
  expect([unnamed.status, unnamed.body]).toEqual([
    428,
    refusal(
      'required',
      'Say which version of the CarePlan you saw, such as If-Match: W/"3", so that nobody\'s change is lost.',
    ),
  ]);
  expect((await post(answer(), stay, { 'If-Match': 'W/"99"' })).status).toBe(412);
  expect(await kept('Provenance')).toBe(0);
});

it.each<[string, readonly object[], number, object]>([
  [
    'an unknown parameter',
    [...stay, { name: 'step', valueCode: 'x' }],
    400,
    refusal(
      'invalid',
      'unknown parameter "step"; known here: choice, reason, reasonText, agreed, notAgreedReason',
      'Parameters.parameter[3].name',
    ),
  ],
  [
    'a choice that is a number',
    [{ name: 'choice', valueInteger: 3 }, ...stay.slice(1)],
    400,
    refusal('invalid', '"choice" needs a text that is not empty', 'Parameters.parameter[0]'),
  ],
  [
    'a choice that nothing is called',
    [{ name: 'choice', valueString: 'ActivityDefinition/none' }, ...stay.slice(1)],
    422,
    refusal(
      'business-rule',
      '"ActivityDefinition/none" is not on the list now; on it: stay-the-course, talk-it-over. Anything else that you agree on goes into the plan by CarePlan/[id]/$tailor',
      'Parameters.parameter[0]',
    ),
  ],
  [
    'a reason that is empty',
    [stay[0] ?? {}, { name: 'reason', valueString: ' ' }, stay[2] ?? {}],
    400,
    refusal('structure', 'String must contain non-whitespace content', 'Parameters.parameter[1].value'),
  ],
  [
    'an agreement that is neither yes nor no',
    [...stay.slice(0, 2), { name: 'agreed', valueString: 'maybe' }],
    400,
    refusal(
      'invalid',
      '"agreed" is of type boolean: send it as valueBoolean, not as valueString',
      'Parameters.parameter[2]',
    ),
  ],
])('refuses %s, and keeps nothing', async (_name, parameters, status, outcome) => {
  const refused = await post(answer(), parameters, seen);
  expect([refused.status, refused.body]).toEqual([status, outcome]);
  expect([await kept('GuidanceResponse'), await kept('Provenance')]).toEqual([0, 0]);
});

it('keeps an answer once that comes twice with one key, found by search, and leaves the plan as it is', async () => {
  const headers = { ...seen, 'Idempotency-Key': 'stay' };
  const first = await post(answer(), stay, headers);
  const second = await post(answer(), stay, headers);
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.headers['idempotency-replayed']).toBe('true');
  expect(second.body).toEqual(first.body);
  expect([await kept('GuidanceResponse'), await kept('Provenance')]).toEqual([1, 1]);
  expect((await get(`/fhir/CarePlan/${course.id}`)).body.meta.versionId).toBe('1');
  const other = await post(answer(), [...stay.slice(0, 2), { name: 'agreed', valueBoolean: false }], headers);
  expect(other.status).toBe(422);
});

it('is read by the person and answered by whoever leads the course', async () => {
  const person = await course.service.makeBearer('patient', course.patient);
  const leader = await course.service.makeBearer('therapist', course.therapist);
  expect((await get(list(), person)).status).toBe(200);
  expect((await get(list(), leader)).status).toBe(200);
  const refused = await post(answer(), stay, { ...seen, Authorization: person });
  expect([refused.status, refused.body]).toEqual([
    403,
    refusal('forbidden', 'This token (patient) may not call CarePlan/$answer-next-steps.'),
  ]);
  expect((await post(answer(), stay, { ...seen, Authorization: leader })).status).toBe(200);
});

it('is not known to another person or another therapist, and not shown to a token that may not see what it rests on', async () => {
  const stranger = await course.service.makeBearer('patient', 'Patient/stranger');
  const other = await course.service.makeBearer('therapist', 'Practitioner/other');
  const unknown = refusal('not-found', `CarePlan/${course.id} is not known`);
  expect((await get(list(), stranger)).body).toEqual(unknown);
  expect((await get(list(), other)).body).toEqual(unknown);
  expect((await post(answer(), stay, { ...seen, Authorization: other })).body).toEqual(unknown);
  const narrow = await course.service.makeBearer('integrator', undefined, ['system/CarePlan.r']);
  expect((await get(list(), narrow)).status).toBe(403);
});
