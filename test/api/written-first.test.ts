// What was written in one moment, or is of one day, is read in the order in which it was written: the newest is the one written last.
import type { Bundle, Parameters, ServiceRequest } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

const day = '2099-01-05';
let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
  course.service.clock.set(`${day}T18:00:00Z`);
});
afterAll(() => course.service.stop());

it('shows the elements of a session in the order in which they were recorded', async () => {
  const codes = ['education', 'cbt', 'activation', 'body-oriented'];
  const recorded = await course.post(
    `/fhir/CarePlan/${course.id}/$session-complete`,
    [
      { name: 'performer', valueString: course.therapist },
      { name: 'minutes', valueInteger: 45 },
      ...codes.map((code) => ({
        name: 'element',
        part: [
          { name: 'code', valueCode: code },
          { name: 'minutes', valueInteger: 10 },
        ],
      })),
    ],
    { 'If-Match': await course.version() },
  );
  expect([recorded.status, recorded.body.issue]).toEqual([201, undefined]);
  const shown = (await course.get(`/fhir/CarePlan/${course.id}/$course`)).body as Parameters;
  const elements = shown.parameter?.filter(({ name }) => name === 'element') ?? [];
  expect(elements.map(({ part }) => part?.find(({ name }) => name === 'code')?.valueCoding?.code)).toEqual(
    codes,
  );
});

it('takes the last of two scores of one day along with a referral', async () => {
  const scores: string[] = [];
  for (const value of [9, 14]) {
    const stored = await course.send('post', '/fhir/Observation', {
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '70273-8' }] },
      subject: { reference: course.patient },
      effectiveDateTime: day,
      valueQuantity: { value, system: 'http://unitsofmeasure.org', code: '{score}' },
    });
    expect(stored.status).toBe(201);
    scores.push(`Observation/${stored.body.id}`);
  }
  const referred = await course.post(`/fhir/${course.patient}/$refer`, [
    { name: 'requester', valueString: course.therapist },
    { name: 'owner', valueString: course.therapist },
    { name: 'reason', valueString: 'Fatigue' },
    { name: 'explanationGiven', valueBoolean: true },
  ]);
  expect(referred.status).toBe(201);
  const sent = (referred.body as Bundle).entry?.[0]?.resource as ServiceRequest;
  expect(sent.supportingInfo).toEqual([{ reference: scores[1] }]);
});
