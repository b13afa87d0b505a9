// What a course stores for people to read has beside it the Dutch that the content has, and keeps it as long as the words stay.
import type {
  Bundle,
  CarePlan,
  Parameters,
  RequestGroup,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes';
import { saidIn } from '../../src/course/said.ts';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';

let course: CourseOverHttp;
beforeAll(async () => {
  course = await startCourseOverHttp();
});
afterAll(() => course.service.stop());

const found = async <T extends Resource>(path: string): Promise<readonly T[]> => {
  const { entry = [] } = (await course.get(`/fhir/${path}`)).body as Bundle;
  return entry.map(({ resource }) => resource as T);
};
const dutch = (source: object, field: string) => saidIn(source, field)?.translations['nl'];
const sessions = async () => {
  const requests = await found<ServiceRequest>(
    `ServiceRequest?subject=${course.patient}&code=therapy-session&_count=50`,
  );
  return new Map(requests.map(({ code = {} }) => [code.text, dutch(code, 'text')]));
};
const order = async () => {
  const [group] = await found<RequestGroup>(
    `RequestGroup?subject=${course.patient}&status=active&intent=plan`,
  );
  return new Map((group?.action ?? []).map((action) => [action.title, dutch(action, 'title')]));
};

it('a plan, its sessions and their order', async () => {
  const carePlan = (await course.get(`/fhir/CarePlan/${course.id}`)).body as CarePlan;
  expect(dutch(carePlan, 'title')).toBe('Psychosomatische therapie in de eerste lijn');
  expect([...(await sessions()).entries()]).toContainEqual(['First session', 'Eerste sessie']);
  expect([...(await order()).entries()]).toContainEqual(['First session', 'Eerste sessie']);
});

it('the Tasks for questionnaires', async () => {
  const tasks = await found<Task>(`Task?patient=${course.patient}&code=questionnaire-due`);
  expect(tasks.length).toBeGreaterThan(0);
  expect(tasks.filter((task) => dutch(task, 'description') === undefined)).toEqual([]);
});

it('a session keeps it when the plan is tailored, unless people gave it other words', async () => {
  const tailored = await course.post(
    `/fhir/CarePlan/${course.id}/$tailor`,
    [
      {
        name: 'edit',
        part: [
          { name: 'kind', valueCode: 'repeat' },
          { name: 'session', valueString: '1' },
          { name: 'reason', valueCode: 'wish-of-the-person' },
          { name: 'agreed', valueBoolean: true },
        ],
      },
    ],
    { 'If-Match': await course.version() },
  );
  expect([tailored.status, tailored.body.issue]).toEqual([200, undefined]);
  for (const titles of [await sessions(), await order()]) {
    expect(titles.get('First session')).toBe('Eerste sessie');
    expect(titles.has('First session (again)')).toBe(true);
    expect(titles.get('First session (again)')).toBeUndefined();
  }
});

it('the Task of an answer that calls somebody in', async () => {
  const said = await course.send('post', '/fhir/Observation', {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '44260-8' }] },
    subject: { reference: course.patient },
    effectiveDateTime: new Date(course.service.clock.now()).toISOString(),
    valueInteger: 1,
  });
  expect(said.status).toBe(201);
  const [task] = (await found<Task>(`Task?patient=${course.patient}&status=requested&priority=asap`)) ?? [];
  expect(task && dutch(task, 'description')).toBe('Vandaag praten: na een antwoord over zelfbeschadiging');
});

describe('what comes next', () => {
  const next = async (authorization?: string) => {
    const { parameter = [] } = (await course.get(`/fhir/CarePlan/${course.id}/$course`, authorization))
      .body as Parameters;
    const part = parameter.find(({ name }) => name === 'next')?.part ?? [];
    const text = part.find(({ name }) => name === 'text') ?? {};
    return {
      text: saidIn(text, 'valueString')?.text,
      dutch: dutch(text, 'valueString'),
      owner: part.find(({ name }) => name === 'owner')?.valueReference?.reference,
      due: part.find(({ name }) => name === 'due')?.valueDate,
    };
  };

  it('is said in both languages, with the title of the session in each', async () => {
    expect(await next()).toMatchObject({ text: 'Next: First session.', dutch: 'Hierna: Eerste sessie.' });
  });

  it('of a pause has its day, and is said to the person in other words than to whoever leads', async () => {
    const paused = await course.post(
      `/fhir/CarePlan/${course.id}/$pause`,
      [
        { name: 'until', valueDate: '2099-01-04' },
        { name: 'reason', valueCode: 'life-event' },
        { name: 'agreed', valueBoolean: true },
      ],
      { 'If-Match': await course.version() },
    );
    expect([paused.status, paused.body.issue]).toEqual([200, undefined]);
    expect(await next()).toEqual({
      text: 'The course is paused. Agree with the patient when it goes on.',
      dutch: 'Het traject is gepauzeerd. Spreek met de patiënt af wanneer het verdergaat.',
      owner: course.therapist,
      due: '2099-01-04',
    });
    const person = await course.service.makeBearer('patient', course.patient);
    expect(await next(person)).toEqual({
      text: 'Your course is paused. You agree together when and how it goes on.',
      dutch: 'Uw traject is gepauzeerd. U spreekt samen af wanneer en hoe het verdergaat.',
      owner: course.therapist,
      due: '2099-01-04',
    });
    const [review] = await found<Task>(`Task?focus=CarePlan/${course.id}&code=next-step`);
    expect(review && dutch(review, 'description')).toBe(
      'Het traject is gepauzeerd. Vraag de patiënt hoe het nu gaat, en spreek samen af wanneer en hoe het verdergaat.',
    );
  });
});
