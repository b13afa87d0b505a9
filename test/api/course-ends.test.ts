// A course that ends while somebody was still to get in touch, over HTTP: the next step takes it over, and says what was left undone.
import type { Bundle, CarePlan, Composition, Parameters, Task } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

it('has a letter that tells how an activity of the person was rated, and never that nobody looked back on it', async () => {
  const begun = await course.post('/fhir/PlanDefinition/psychosomatic-therapy/$enroll', [
    { name: 'subject', valueString: `Patient/${(await stored('Patient')).body.id}` },
    { name: 'careManager', valueString: course.therapist },
    { name: 'noReferralReason', valueString: 'Came directly' },
    { name: 'noBaselineReason', valueString: 'No time yet' },
    {
      name: 'goal',
      part: [
        { name: 'text', valueString: 'Climb the stairs' },
        { name: 'activityTarget', valueInteger: 7 },
      ],
    },
    { name: 'start', valueDate: '2026-11-01' },
  ]);
  expect([begun.status, begun.body.issue]).toEqual([201, undefined]);
  const resources = ((begun.body as Bundle).entry ?? []).map(({ resource }) => resource);
  const [carePlan, goal] = ['CarePlan', 'Goal'].map((type) =>
    resources.find((resource) => resource?.resourceType === type),
  );
  const plan = `/fhir/CarePlan/${carePlan?.id}`;
  const rated = async (activity: number, start: string) => {
    const answer = await course.post(
      `${plan}/$session-complete`,
      [
        { name: 'start', valueDate: start },
        { name: 'minutes', valueInteger: 40 },
        { name: 'performer', valueReference: { reference: course.therapist } },
        {
          name: 'goalProgress',
          part: [
            { name: 'goal', valueReference: { reference: `Goal/${goal?.id}` } },
            { name: 'activity', valueInteger: activity },
          ],
        },
      ],
      { 'If-Match': String((await course.get(plan)).headers['etag']) },
    );
    expect([answer.status, answer.body.issue]).toEqual([201, undefined]);
  };
  const standing = async () =>
    ((await course.get(`${plan}/$closing-letter`)).body as Composition).section?.[1]?.text?.div;
  const said = (words: string) =>
    `<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en"><p>&quot;Climb the stairs&quot;: ${words}.</p></div>`;
  expect(await standing()).toBe(said('not looked back on yet'));
  await rated(2, '2026-11-02');
  expect(await standing()).toBe(said('2 at the start, from 0 (unable) to 10 (as before); not rated again'));
  await rated(5, '2026-11-09');
  expect(await standing()).toBe(
    said('2 at the start, 5 now, from 0 (unable) to 10 (as before) (published threshold of change: 3)'),
  );
});

const stored = (resourceType: string) => course.send('post', `/fhir/${resourceType}`, { resourceType });

const tasks = async (query: string): Promise<readonly Task[]> => {
  const found = (await course.get(`/fhir/Task?patient=${course.patient}&${query}`)).body as Bundle;
  return (found.entry ?? []).map(({ resource }) => resource as Task);
};

it('leaves nobody asked about a session that is not planned any more', async () => {
  const plan = `/fhir/CarePlan/${course.id}`;
  const missed = await course.post(
    `${plan}/$session-complete`,
    [
      { name: 'attendance', valueCode: 'no-show' },
      { name: 'start', valueDate: '2026-11-02' },
    ],
    { 'If-Match': await course.version() },
  );
  expect([missed.status, missed.body.issue]).toEqual([201, undefined]);
  const system = 'https://w3id.org/alongside/fhir/CodeSystem/course';
  expect(await tasks(`code=${system}|get-in-touch`)).toMatchObject([{ status: 'requested' }]);

  const read = (await course.get(plan)).body as CarePlan;
  const reason = {
    url: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
    valueCodeableConcept: { text: 'She moves to another town' },
  };
  const ended = await course.send(
    'put',
    plan,
    { ...read, status: 'revoked', extension: [...(read.extension ?? []), reason] },
    { 'If-Match': await course.version() },
  );
  expect([ended.status, ended.body.issue]).toEqual([200, undefined]);
  expect(await tasks(`code=${system}|get-in-touch`)).toMatchObject([
    { status: 'cancelled', statusReason: { text: 'The referral or the course has ended' } },
  ]);
  const told =
    'The course ended early. Talk with the patient about what would help now, and who will do it. An appointment did not take place before, and nobody is known to have been in touch since.';
  expect(await tasks(`code=${system}|next-step`)).toMatchObject([{ status: 'requested', description: told }]);
  const { parameter = [] } = (await course.get(`${plan}/$course`)).body as Parameters;
  expect(parameter.find(({ name }) => name === 'next')?.part?.[0]).toMatchObject({
    name: 'text',
    valueString: told,
  });
});
