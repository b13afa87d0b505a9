// What a new version of a protocol would change, where it cannot change it now: a course that is paused, and the run of a group. Each is
// listed, and says why.
import type { Bundle, CarePlan, Parameters, ParametersParameter, PlanDefinition } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeEach(async () => {
  course = await startCourseOverHttp();
}, 60_000);
afterEach(() => course.service.stop());

const base = 'https://w3id.org/alongside/fhir/PlanDefinition';

/** The plan with other words, as version 2.0.0. */
async function publishSecond(id: string, before: string, after: string): Promise<void> {
  const current = (await course.get(`/fhir/PlanDefinition/${id}`)).body as PlanDefinition;
  const text = JSON.stringify(current).replace(`"title":"${before}"`, `"title":"${after}"`);
  const next = { ...(JSON.parse(text) as PlanDefinition), version: '2.0.0' };
  expect((await course.send('put', `/fhir/PlanDefinition/${id}`, next)).status).toBe(200);
}

async function coursesOf(id: string): Promise<readonly (readonly ParametersParameter[])[]> {
  const answer = await course.get(`/fhir/PlanDefinition/${id}/$impact`);
  expect(answer.status).toBe(200);
  expect(course.service.problemsOf(answer.body as Parameters)).toEqual([]);
  return ((answer.body as Parameters).parameter ?? []).flatMap(({ name, part = [] }) =>
    name === 'course' ? [part] : [],
  );
}
const saidOf = (parts: readonly ParametersParameter[] | undefined, name: string) => {
  const found = parts?.find((each) => each.name === name);
  return found?.valueCode ?? found?.valueString ?? found?.valueReference?.reference;
};

it('compares a paused course, and says that it goes on first; $migrate says the same, and takes that it keeps its version', async () => {
  await publishSecond('psychosomatic-therapy', 'Session 3', 'Half way');
  const paused = await course.post(
    `/fhir/CarePlan/${course.id}/$pause`,
    [
      { name: 'reason', valueCode: 'symptoms-changed' },
      { name: 'agreed', valueBoolean: true },
      { name: 'until', valueDate: '2099-02-01' },
    ],
    { 'If-Match': await course.version() },
  );
  expect([paused.status, paused.body.issue]).toEqual([200, undefined]);
  const words =
    'the course is paused, and goes on by another version only after it goes on (POST CarePlan/[id]/$resume), which sets its dates anew; that it keeps its version (choice "keep") can be written down now';
  const [listed, ...others] = await coursesOf('psychosomatic-therapy');
  expect(others).toEqual([]);
  expect(['status', 'answer', 'text'].map((name) => saidOf(listed, name))).toEqual([
    'on-hold',
    'open',
    words,
  ]);
  expect(listed?.filter(({ name }) => name === 'step')).toHaveLength(1);

  const migrate = async (...more: readonly object[]) =>
    course.post(
      `/fhir/CarePlan/${course.id}/$migrate`,
      [
        { name: 'to', valueCanonical: `${base}/psychosomatic-therapy|2.0.0` },
        { name: 'reason', valueCode: 'new-version' },
        { name: 'agreed', valueBoolean: true },
        ...more,
      ],
      { 'If-Match': await course.version() },
    );
  const refused = await migrate();
  expect([refused.status, refused.body.issue]).toEqual([
    422,
    [{ severity: 'error', code: 'business-rule', diagnostics: words, expression: ['CarePlan.status'] }],
  ]);
  expect((await migrate({ name: 'choice', valueCode: 'keep' })).status).toBe(200);
  const [kept] = await coursesOf('psychosomatic-therapy');
  expect(saidOf(kept, 'answer')).toBe('kept');
});

it('lists the run of a group and those of its members, which keep their version to the end, and what differs', async () => {
  const members: object[] = [];
  while (members.length < 8) {
    const made = await course.send('post', '/fhir/Patient', { resourceType: 'Patient' });
    members.push({
      name: 'member',
      valueReference: { reference: `Patient/${(made.body as { readonly id: string }).id}` },
    });
  }
  const second = await course.send('post', '/fhir/Practitioner', { resourceType: 'Practitioner' });
  const leaders = [course.therapist, `Practitioner/${(second.body as { readonly id: string }).id}`];
  const begun = await course.post('/fhir/PlanDefinition/prop-programme/$start-group', [
    ...members,
    ...leaders.map((reference) => ({ name: 'leader', valueReference: { reference } })),
    { name: 'start', valueDate: '2099-01-05' },
    { name: 'place', valueString: 'The practice' },
  ]);
  expect([begun.status, begun.body.issue]).toEqual([201, undefined]);
  const [whole] = ((begun.body as Bundle).entry ?? []).map(({ resource }) => resource as CarePlan);
  await publishSecond('prop-programme', 'Stress and illness', 'Stress and the body');
  const listed = await coursesOf('prop-programme');
  expect(listed).toHaveLength(9);
  expect(listed.map((parts) => saidOf(parts, 'carePlan'))).toContain(`CarePlan/${whole?.id}`);
  for (const parts of listed) {
    expect(['answer', 'text'].map((name) => saidOf(parts, name))).toEqual([
      'not-offered',
      'a group keeps the version that it began with until its end: the next group begins with the new one',
    ]);
  }
  const answer = (await course.get('/fhir/PlanDefinition/prop-programme/$impact')).body as Parameters;
  const protocol = answer.parameter?.find(({ name }) => name === 'protocol')?.part ?? [];
  expect(protocol.filter(({ name }) => name === 'action')).toHaveLength(1);
});
