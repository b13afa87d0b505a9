// Scheduled jobs on records as they come: dates that name a month or a year alone or lie at the edge of the calendar, people who have died,
// courses that should not be there. Nobody is left out of a job by one odd date, and nobody is asked for what is moot.
import type { CarePlan, Patient, ServiceRequest, Task } from '@medplum/fhirtypes';
import { type CourseOverHttp, startCourseOverHttp } from '../support/course-over-http.ts';
import { jobsOf, type RunJob } from '../support/running-jobs.ts';

let course: CourseOverHttp;
let run: RunJob;
beforeEach(async () => {
  course = await startCourseOverHttp();
  run = jobsOf(course.service);
});
afterEach(() => course.service.stop());

const courseSystem = 'https://w3id.org/alongside/fhir/CodeSystem/course';

async function all<T>(query: string): Promise<readonly T[]> {
  const answer = await course.get(`/fhir/${query}&_count=100`);
  expect([query, answer.status]).toEqual([query, 200]);
  return ((answer.body.entry ?? []) as { resource: T }[]).map(({ resource }) => resource);
}

async function keep(task: Partial<Task>): Promise<string> {
  const stored = await course.send('post', '/fhir/Task', {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    for: { reference: course.patient },
    ...task,
  });
  expect([stored.status, stored.body.issue]).toEqual([201, undefined]);
  return `Task/${stored.body.id as string}`;
}

/** What the jobs have set, as short as can be told apart, by code. */
async function watched(): Promise<readonly string[]> {
  const tasks = await all<Task>(`Task?patient=${course.patient}`);
  return tasks
    .flatMap((task) =>
      (task.code?.coding ?? []).flatMap(({ system, code }) =>
        system?.endsWith('/course-watch') ? [`${code} ${task.status}`] : [],
      ),
    )
    .toSorted();
}

/** Whether it has passed by the day of the jobs: a month or a year has with its last day. */
const odd: readonly (readonly [date: string, isPassed: boolean])[] = [
  ['2099', false],
  ['2099-01', true],
  ['2099-01-05', true],
  ['0001-01-01', true],
  ['0001-01-01T00:00:00Z', true],
  ['9999-12-31', false],
  ['9999-12-31T23:59:59Z', false],
];

describe.each(odd)('a date such as %s', (date, isPassed) => {
  it('keeps nobody out of the jobs', async () => {
    course.service.clock.set('2099-02-10T11:00:00Z');
    const based = [{ reference: `CarePlan/${course.id}` }];
    const homework = { coding: [{ system: courseSystem, code: 'homework' }] };
    const questionnaire = { coding: [{ system: courseSystem, code: 'questionnaire-due' }] };
    const owner = { reference: course.patient };
    await keep({ code: homework, owner, basedOn: based, executionPeriod: { end: date } });
    await keep({ code: questionnaire, owner, executionPeriod: { start: date } });
    const unowned = await keep({ authoredOn: date });
    await run('chase-overdue-sessions');
    await run('remind-questionnaires');
    await run('sweep-dead-ends');
    const codes = (await watched()).map((told) => told.split(' ')[0]);
    expect(codes).toContain('session-unrecorded');
    expect(codes.includes('step-at-home-ended')).toBe(isPassed);
    const sweep = await all<Task>(`Task?focus=${unowned}`);
    expect(sweep.length).toBe(isPassed ? 1 : 0);
  });
});

/** Questionnaires, a session and something nobody has are asked about. */
async function asked(): Promise<readonly string[]> {
  course.service.clock.set('2099-02-10T11:00:00Z');
  await keep({ authoredOn: '2099-01-10' });
  await lookAll();
  return watched();
}

async function lookAll(): Promise<number> {
  let takenBack = 0;
  for (const job of [
    'escalate-stale-referrals',
    'chase-overdue-sessions',
    'look-at-long-pauses',
    'offer-follow-ups',
    'sweep-dead-ends',
    'remind-questionnaires',
  ])
    takenBack += (await run(job))['takenBack'] ?? 0;
  return takenBack;
}

it.each<[string, Partial<Patient>]>([
  ['has died', { deceasedDateTime: '2099-02-11' }],
  ['has no record any more', { active: false }],
])('takes back what is open about somebody who %s, once', async (_, change) => {
  const before = await asked();
  expect(before).toContain('questionnaire-reminder requested');
  expect(before).toContain('session-unrecorded requested');
  expect(before).toContain('no-next-step requested');
  const person = (await course.get(`/fhir/${course.patient}`)).body as Patient;
  expect((await course.send('put', `/fhir/${course.patient}`, { ...person, ...change })).status).toBe(200);
  course.service.clock.set('2099-02-12T11:00:00Z');
  expect(await lookAll()).toBe(before.length);
  const after = await watched();
  expect(after).toEqual(before.map((told) => told.replace(' requested', ' cancelled')));
  expect(await lookAll()).toBe(0);
  const [closed] = (await all<Task>(`Task?patient=${course.patient}&status=cancelled`)).filter(({ code }) =>
    code?.coding?.some(({ system }) => system?.endsWith('/course-watch')),
  );
  expect(closed?.statusReason?.text).toBe('The person has died, or their record is no longer kept');
});

async function changePlan(changes: Partial<CarePlan>) {
  const path = `/fhir/CarePlan/${course.id}`;
  const plan = (await course.get(path)).body as CarePlan;
  const { store } = course.service.system.contextFor({ role: 'system', scopes: [], tokenId: 'system' }, 'x');
  await store.update({ ...plan, ...changes, id: course.id });
}

it.each<[string, Partial<CarePlan>, string]>([
  ['should not be there', { status: 'entered-in-error' }, 'There is no such course that ended'],
  ['goes on after all', { status: 'active' }, 'The person is in a course again'],
])('takes back what was asked after the end of a course that %s', async (_, change, why) => {
  // As it is where a planned end, or "no end", was written and the course ended early.
  course.service.clock.set('2026-12-01T11:00:00Z');
  await changePlan({ status: 'completed', period: { start: '2026-11-20', end: '9999-12-31' } });
  course.service.clock.set('2027-03-10T11:00:00Z');
  await lookAll();
  const before = await watched();
  expect(before).toContain('follow-up-due requested');
  expect(before).toContain('closing-letter-due requested');
  await changePlan(change);
  await lookAll();
  const after = await watched();
  expect(after).toContain('follow-up-due cancelled');
  expect(after).toContain('closing-letter-due cancelled');
  const [followUp] = await all<Task>(`Task?code=follow-up-due&patient=${course.patient}`);
  expect(followUp?.statusReason?.text).toBe(why);
});

describe('near the end of the calendar', () => {
  const path = (operation: string) => `/fhir/CarePlan/${course.id}/$${operation}`;
  const why = [
    { name: 'reason', valueCode: 'practical' },
    { name: 'agreed', valueBoolean: true },
  ];
  const current = async () => ({ 'If-Match': await course.version() });
  const sessions = async () =>
    (await all<ServiceRequest>(`ServiceRequest?subject=${course.patient}`))
      .flatMap(({ occurrenceDateTime }) => occurrenceDateTime ?? [])
      .toSorted();

  it('a course does not go on beyond it, and keeps what has no end', async () => {
    const homework = await keep({
      code: { coding: [{ system: courseSystem, code: 'homework' }] },
      owner: { reference: course.patient },
      basedOn: [{ reference: `CarePlan/${course.id}` }],
      executionPeriod: { end: '9999-12-31' },
    });
    const until = { name: 'until', valueDate: '2099-01-01' };
    expect((await course.post(path('pause'), [...why, until], await current())).status).toBe(200);
    const before = await sessions();
    const from = (valueDate: string) => [...why, { name: 'from', valueDate }];
    const beyond = await course.post(path('resume'), from('9999-12-31'), await current());
    expect([beyond.status, beyond.body.issue.length, beyond.body.issue[0].diagnostics]).toEqual([
      422,
      1,
      expect.stringMatching(/^"[^"]+" would be on a day that no calendar has: go on earlier$/),
    ]);
    expect(await sessions()).toEqual(before);
    expect((await course.post(path('resume'), from('2099-03-02'), await current())).status).toBe(200);
    const kept = (await course.get(`/fhir/${homework}`)).body as Task;
    expect([kept.status, kept.executionPeriod]).toEqual(['requested', { end: '9999-12-31' }]);
  });

  it('a session is not moved so that others would come after it', async () => {
    const parts = [
      { name: 'kind', valueCode: 'move' },
      { name: 'session', valueInteger: 1 },
      { name: 'date', valueDate: '9999-12-31' },
      { name: 'shift', valueBoolean: true },
      ...why,
    ];
    const moved = await course.post(path('tailor'), [{ name: 'edit', part: parts }], await current());
    expect([moved.status, moved.body.issue[0].diagnostics]).toEqual([
      422,
      expect.stringMatching(/^"[^"]+" would be on a day that no calendar has$/),
    ]);
  });
});
