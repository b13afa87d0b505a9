// A course that ends while somebody was still to get in touch, over HTTP: the next step takes it over, and says what was left undone.
import type { Bundle, CarePlan, Parameters, Task } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

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
