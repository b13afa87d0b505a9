// What an OperationDefinition says of the parts of a parameter is what the operation takes: asked with a part that it cannot know.
import type { OperationDefinition } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

/** Each with what it is asked for before it reads its parts. */
it.each<[string, string, readonly object[]]>([
  ['care-plan-tailor', 'CarePlan/{course}/$tailor', []],
  ['care-plan-formulate', 'CarePlan/{course}/$formulate', []],
  [
    'care-plan-session-complete',
    'CarePlan/{course}/$session-complete',
    [{ name: 'minutes', valueInteger: 40 }],
  ],
  ['care-plan-session-correct', 'CarePlan/{course}/$session-correct', [{ name: 'session', valueInteger: 1 }]],
  ['care-plan-group-day-complete', 'CarePlan/{course}/$group-day-complete', []],
  [
    'plan-definition-enroll',
    'PlanDefinition/psychosomatic-therapy/$enroll',
    [{ name: 'subject', valueString: 'Patient/x' }],
  ],
  ['plan-definition-start-pairs', 'PlanDefinition/joint-course/$start-pairs', []],
])('%s', async (id, path, before) => {
  const definition = (await course.get(`/fhir/OperationDefinition/${id}`)).body as OperationDefinition;
  const withParts = (definition.parameter ?? []).filter(({ use, part }) => use === 'in' && part);
  expect(withParts.length).toBeGreaterThan(0);
  for (const { name = '', part = [] } of withParts) {
    const answer = await course.post(
      `/fhir/${path.replace('{course}', course.id)}`,
      [...before, { name, part: [{ name: 'no-such-part', valueString: 'x' }] }],
      path.startsWith('CarePlan') ? { 'If-Match': await course.version() } : {},
    );
    const [, known = ''] = String(answer.body.issue?.[0]?.diagnostics).split('known here: ');
    expect([name, known.split(', ').toSorted()]).toEqual([name, part.map((each) => each.name).toSorted()]);
  }
});
