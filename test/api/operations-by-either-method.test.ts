// An operation that changes nothing answers POST, which every client can send, and GET where its parameters are plain values:
// https://hl7.org/fhir/R4/operations.html#executing
import request from 'supertest';
import { operations } from '../../src/rest/operations/all-operations.ts';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

const ask = (method: 'get' | 'post', path: string) =>
  request(course.service.url)[method](path).set('Authorization', course.service.bearer('system'));

it('no operation is served by GET alone', () => {
  const byGetAlone = operations.filter(({ methods }) => !methods.includes('POST'));
  expect(byGetAlone.map(({ name }) => name)).toEqual([]);
});

it.each(['course', 'session-brief', 'deviations', 'next-steps', 'closing-letter'])(
  'CarePlan/[id]/$%s answers both in the same way, and refuses both in the same way',
  async (name) => {
    const path = `/fhir/CarePlan/${course.id}/$${name}`;
    const [got, posted] = [await ask('get', path), await ask('post', path)];
    expect([posted.status, posted.body]).toEqual([got.status, got.body]);
    const parameter = [{ name: 'invented', valueString: 'x' }];
    const wrong = await ask('post', path)
      .set('Content-Type', 'application/fhir+json')
      .send(JSON.stringify({ resourceType: 'Parameters', parameter }));
    expect(wrong.status).toBe(400);
    expect(wrong.body).toEqual((await ask('get', `${path}?invented=x`)).body);
  },
);

it('takes typed values in a body where an address holds their text', async () => {
  const send = (path: string, parameter: readonly object[]) =>
    ask('post', path)
      .set('Content-Type', 'application/fhir+json')
      .send(JSON.stringify({ resourceType: 'Parameters', parameter }));
  const deviations = `/fhir/CarePlan/${course.id}/$deviations`;
  const at = '2026-11-20T09:00:00Z';
  const asked = [
    await send(deviations, [{ name: 'at', valueDateTime: at }]),
    await send(deviations, [{ name: 'at', valueInstant: at }]),
  ];
  const got = await ask('get', `${deviations}?at=${at}`);
  for (const { status, body } of asked) expect([status, body]).toEqual([got.status, got.body]);
  const impact = '/fhir/PlanDefinition/psychosomatic-therapy/$impact';
  const paged = await send(impact, [{ name: '_count', valueInteger: 1 }]);
  expect(paged.status).toBe(200);
  expect(paged.body).toEqual((await ask('get', `${impact}?_count=1`)).body);
});

it('QuestionnaireResponse/[id]/$extract answers both in the same way', async () => {
  const stored = {
    resourceType: 'QuestionnaireResponse',
    id: 'stored',
    status: 'completed',
    questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/something-to-try',
    subject: { reference: course.patient },
  };
  const put = await course.send('put', '/fhir/QuestionnaireResponse/stored', stored);
  expect([put.status, put.body.issue]).toEqual([201, undefined]);
  const path = '/fhir/QuestionnaireResponse/stored/$extract';
  const [got, posted] = [await ask('get', path), await ask('post', path)];
  expect(got.status).toBe(200);
  expect(got.body).toEqual(posted.body);
  expect((await ask('get', '/fhir/QuestionnaireResponse/$extract')).status).toBe(405);
});
