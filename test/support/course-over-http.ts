// A service with one running course of one person, and the calls that tests make about it over HTTP, as the system unless another token is given.
import request from 'supertest';
import { startTestService, type TestService } from './test-system.ts';

export interface CourseOverHttp {
  readonly service: TestService;
  readonly bearer: string;
  /** The id of the CarePlan; its version is the first one. */
  readonly id: string;
  /** "Patient/x" and "Practitioner/y" who leads the course. */
  readonly patient: string;
  readonly therapist: string;
  get(path: string, authorization?: string): request.Test;
  send(
    method: 'post' | 'put',
    path: string,
    body: object,
    headers?: Readonly<Record<string, string>>,
  ): request.Test;
  /** Parameters of an operation. */
  post(path: string, parameter: readonly object[], headers?: Readonly<Record<string, string>>): request.Test;
  /** The ETag of the plan as it is now. */
  version(): Promise<string>;
}

export async function startCourseOverHttp(): Promise<CourseOverHttp> {
  const service = await startTestService();
  const bearer = service.bearer('system');
  const get: CourseOverHttp['get'] = (path, authorization = bearer) =>
    request(service.url).get(path).set('Authorization', authorization);
  const send: CourseOverHttp['send'] = (method, path, body, headers = {}) =>
    request(service.url)
      [method](path)
      .set({ Authorization: bearer, 'Content-Type': 'application/fhir+json', ...headers })
      .send(JSON.stringify(body));
  const post: CourseOverHttp['post'] = (path, parameter, headers) =>
    send('post', path, { resourceType: 'Parameters', parameter }, headers);
  const store = async (resourceType: string) => {
    const answer = await send('post', `/fhir/${resourceType}`, { resourceType });
    expect(answer.status).toBe(201);
    return `${resourceType}/${answer.body.id}`;
  };
  const patient = await store('Patient');
  const therapist = await store('Practitioner');
  const begun = await post('/fhir/PlanDefinition/psychosomatic-therapy/$enroll', [
    { name: 'subject', valueString: patient },
    { name: 'careManager', valueString: therapist },
    { name: 'noReferralReason', valueString: 'Came directly' },
    { name: 'noBaselineReason', valueString: 'No time yet' },
    { name: 'goal', part: [{ name: 'text', valueString: 'Walk to the lake' }] },
    { name: 'start', valueDate: '2099-01-05' },
  ]);
  expect(begun.status).toBe(201);
  const id = String(begun.headers['location']).match(/CarePlan\/([^/]+)/)?.[1] ?? '';
  const version = async () => String((await get(`/fhir/CarePlan/${id}`)).headers['etag']);
  return { service, bearer, id, patient, therapist, get, send, post, version };
}
