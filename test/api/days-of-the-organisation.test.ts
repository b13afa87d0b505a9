// Which day it is, is decided where the organisation is: a promise, a pause and its end may begin today there, and not yesterday.
import type { Bundle, CarePlan, Task } from '@medplum/fhirtypes';
import { entries, type PeopleOverHttp, parameters, startPeople, to } from '../support/people-over-http.ts';

let people: PeopleOverHttp;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);
afterEach(() => people.service.stop());

async function start(timeZone: string): Promise<void> {
  people = await startPeople({ therapist: ['therapist', 'Practitioner/therapist'] }, { timeZone });
  for (const id of ['gp', 'therapist']) {
    await send('put', `Practitioner/${id}`, 'system', { resourceType: 'Practitioner', id });
  }
  await send('put', 'Patient/anna', 'system', { resourceType: 'Patient', id: 'anna' });
}

const text = (name: string, valueString: string) => ({ name, valueString });
const said = (answer: { readonly status: number; readonly body: { readonly issue?: unknown } }) => {
  const [first] = (answer.body.issue ?? []) as readonly { readonly diagnostics?: string }[];
  return answer.status < 300 ? answer.status : [answer.status, first?.diagnostics];
};

/** Where it is, the instant, yesterday and today there. */
const nights = [
  ['Europe/Amsterdam', '2026-12-01T23:30:00Z', '2026-12-01', '2026-12-02'],
  ['America/New_York', '2026-12-02T04:30:00Z', '2026-11-30', '2026-12-01'],
] as const;

it.each(nights)('a first date is promised from today on: in %s at %s', async (zone, at, yesterday, today) => {
  await start(zone);
  const sent = await send(
    'post',
    'Patient/anna/$refer',
    'system',
    parameters(to('owner', 'Practitioner/therapist'), to('requester', 'Practitioner/gp'), {
      name: 'explanationGiven',
      valueBoolean: true,
    }),
  );
  const task = entries(sent.body as Bundle).find((each): each is Task => each.resourceType === 'Task');
  people.service.clock.set(at);
  const promise = (date: string) =>
    send(
      'put',
      `Task/${task?.id}`,
      'therapist',
      { ...task, status: 'accepted', restriction: { period: { start: date, end: date } } },
      { 'If-Match': 'W/"1"' },
    );
  expect(said(await promise(yesterday))).toEqual([
    422,
    `the promised first date (${yesterday}) has passed: name one that lies ahead`,
  ]);
  expect(said(await promise(today))).toBe(200);
});

it.each(nights)(
  'a course is paused until today, and goes on today: in %s at %s',
  async (zone, at, yesterday, today) => {
    await start(zone);
    const begun = await send(
      'post',
      'PlanDefinition/psychosomatic-therapy/$enroll',
      'system',
      parameters(
        to('subject', 'Patient/anna'),
        to('careManager', 'Practitioner/therapist'),
        text('noReferralReason', 'Came directly'),
        text('noBaselineReason', 'No time yet'),
        { name: 'goal', part: [text('text', 'Walk to the lake')] },
        { name: 'start', valueDate: '2027-01-05' },
      ),
    );
    const plan = entries(begun.body as Bundle).find(
      (each): each is CarePlan => each.resourceType === 'CarePlan',
    );
    people.service.clock.set(at);
    const call = async (operation: 'pause' | 'resume', name: 'until' | 'from', date: string) => {
      const path = `CarePlan/${plan?.id}`;
      const version = String((await send('get', path, 'system')).headers['etag']);
      const why = [text('reason', 'A move'), { name: 'agreed', valueBoolean: true }];
      const asked = parameters({ name, valueDate: date }, ...why);
      return said(await send('post', `${path}/$${operation}`, 'therapist', asked, { 'If-Match': version }));
    };
    for (const [operation, name] of [
      ['pause', 'until'],
      ['resume', 'from'],
    ] as const) {
      expect(await call(operation, name, yesterday)).toEqual([
        422,
        `"${name}" is ${today} or later, not ${yesterday}`,
      ]);
      expect(await call(operation, name, today)).toBe(200);
    }
  },
);
