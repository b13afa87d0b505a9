// Dates at the edge of what a year of four digits can write: "no end" is often written as 9999-12-31. Nothing is lost or broken by them.
import type { Bundle } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

const edges = [
  '9999',
  '9999-12-31',
  '9999-12-31T23:30:00Z',
  '9999-12-31T23:30:00-05:00',
  '0001',
  '0001-01-01',
  '0001-01-01T00:30:00+05:00',
];

const observation = (code: string, at: string, value: object) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code }] },
  subject: { reference: course.patient },
  effectiveDateTime: at,
  ...value,
});

async function tasks(): Promise<number> {
  const found = await course.get(`/fhir/Task?patient=${course.patient}&_summary=count`);
  return (found.body as Bundle).total ?? 0;
}

it.each(edges)('an answer about thoughts of self-harm that is dated %s is stored, and calls', async (at) => {
  const before = await tasks();
  const said = observation('44260-8', at, { valueInteger: 2 });
  const stored = await course.send('post', '/fhir/Observation', said);
  expect([stored.status, stored.body.issue]).toEqual([201, undefined]);
  expect(await tasks()).toBe(before + 1);
});

it.each(edges)('a course is read, with a score that is dated %s', async (at) => {
  const score = observation('70273-8', at, {
    valueQuantity: { value: 12, system: 'http://unitsofmeasure.org', code: '{score}' },
  });
  const stored = await course.send('post', '/fhir/Observation', score);
  expect([stored.status, stored.body.issue]).toEqual([201, undefined]);
  for (const operation of ['$course', '$session-brief', '$deviations', '$next-steps']) {
    const read = await course.get(`/fhir/CarePlan/${course.id}/${operation}`);
    expect([operation, read.status, read.body.issue]).toEqual([operation, 200, undefined]);
  }
});
