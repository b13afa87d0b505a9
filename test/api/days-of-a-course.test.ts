// Around midnight every request about a course counts its days where the organisation is, as the jobs do: half past midnight is a new day
// in Amsterdam, while UTC has the one before, and half past eleven is the same day in New York, while UTC has the next.
import type {
  Bundle,
  CarePlan,
  Composition,
  Goal,
  Parameters,
  ParametersParameter,
  PlanDefinition,
  Resource,
  Task,
} from '@medplum/fhirtypes';
import { addDays } from '../../src/course/calendar.ts';
import { type NightOverHttp, nights, said, startNight } from '../support/nights.ts';
import { entries, type PeopleOverHttp, parameters, to } from '../support/people-over-http.ts';
import { jobsOf } from '../support/running-jobs.ts';
import { phq15, phq15Adding } from '../unit/instruments/invented-answers.ts';

let people: NightOverHttp;
const send: PeopleOverHttp['send'] = (...asked) => people.send(...asked);
afterEach(() => people.service.stop());

const text = (name: string, valueString: string) => ({ name, valueString });
const date = (name: string, valueDate: string) => ({ name, valueDate });

/** The plan of a course that begins on this day; on the day that it is when nothing is said. */
async function enrolled(day?: string): Promise<CarePlan> {
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
      ...(day === undefined ? [] : [date('start', day)]),
    ),
  );
  expect([begun.status, begun.body.issue]).toEqual([201, undefined]);
  const [plan] = entries(begun.body as Bundle);
  if (plan?.resourceType !== 'CarePlan') throw new Error('no plan');
  return plan;
}
async function call(plan: CarePlan, operation: string, ...parameter: readonly object[]) {
  const path = `CarePlan/${plan.id}`;
  const version = String((await send('get', path, 'system')).headers['etag']);
  return send('post', `${path}/$${operation}`, 'therapist', parameters(...parameter), {
    'If-Match': version,
  });
}
const read = async (plan: CarePlan, operation: string): Promise<readonly ParametersParameter[]> => {
  const answer = await send('get', `CarePlan/${plan.id}/$${operation}`, 'therapist');
  expect([answer.status, answer.body.issue]).toEqual([200, undefined]);
  return (answer.body as Parameters).parameter ?? [];
};
/** By the version that it began with. */
function ended(plan: CarePlan) {
  const url = 'http://hl7.org/fhir/StructureDefinition/request-statusReason';
  const extension = [...(plan.extension ?? []), { url, valueCodeableConcept: { text: 'Moved away' } }];
  const revoked = { ...plan, status: 'revoked', extension };
  return send('put', `CarePlan/${plan.id}`, 'therapist', revoked, { 'If-Match': 'W/"1"' });
}
const made = (answer: { readonly body: unknown }): readonly Resource[] =>
  ((answer.body as Parameters).parameter ?? []).flatMap(({ resource }) => resource ?? []);
const partOf = ({ part }: ParametersParameter, name: string) => part?.find((each) => each.name === name);
const nextOf = (parameter: readonly ParametersParameter[]) =>
  parameter.flatMap((each) => (each.name === 'next' ? (partOf(each, 'text')?.valueString ?? '') : []));
const all = async <T extends Resource>(query: string) => (await people.search(query, 'system')) as T[];
const why = [
  { name: 'reason', valueCode: 'practical' },
  { name: 'agreed', valueBoolean: true },
];
const held = (...more: readonly object[]) => [{ name: 'minutes', valueInteger: 20 }, ...more];

describe.each(nights)('in %s at %s', (zone, at, yesterday, today, tomorrow, midnight) => {
  beforeEach(async () => {
    people = await startNight(zone, at, { therapist: ['therapist', 'Practitioner/therapist'] });
    await people.keep({ resourceType: 'Practitioner', id: 'therapist' });
    await people.keep({ resourceType: 'Patient', id: 'anna' });
  });

  it('a course begins today, and may end before the day is over', async () => {
    const plan = await enrolled();
    expect(plan.period?.start).toBe(today);
    const [episode] = await all<Resource & { readonly status: string }>('EpisodeOfCare?patient=anna');
    expect(episode?.status).toBe('active');
    expect(said(await ended(plan))).toBe(200);
    const [goal] = await all<Goal>('Goal?patient=anna');
    expect([goal?.lifecycleStatus, goal?.statusDate]).toEqual(['on-hold', today]);
    for (const type of ['EpisodeOfCare', 'CareTeam', 'Task']) {
      for (const each of await all(`${type}?patient=anna`)) {
        expect(people.service.problemsOf(each)).toEqual([]);
      }
    }
  });

  it('a course is paused until today, and goes on today', async () => {
    const plan = await enrolled('2027-01-05');
    for (const [operation, name] of [
      ['pause', 'until'],
      ['resume', 'from'],
    ] as const) {
      expect(said(await call(plan, operation, date(name, yesterday), ...why))).toEqual([
        422,
        `"${name}" is ${today} or later, not ${yesterday}`,
      ]);
      expect(said(await call(plan, operation, date(name, today), ...why))).toBe(200);
    }
  });

  it('a letter of the first day closes the course that began on it', async () => {
    const plan = await enrolled();
    const letter: Composition = {
      resourceType: 'Composition',
      id: 'letter',
      status: 'final',
      type: { coding: [{ system: 'http://loinc.org', code: '34133-9' }] },
      subject: { reference: 'Patient/anna' },
      date: at,
      author: [{ reference: 'Practitioner/therapist' }],
      title: 'How it went',
    };
    await people.keep(letter);
    expect(said(await ended(plan))).toBe(200);
    people.service.clock.advance(90 * 24 * 3_600_000);
    await jobsOf(people.service)('sweep-dead-ends');
    expect(await all<Task>('Task?code=closing-letter-due')).toEqual([]);
  });

  it('a session of yesterday is late, and one of today is not', async () => {
    const late = await enrolled(yesterday);
    for (const operation of ['course', 'session-brief']) {
      expect(nextOf(await read(late, operation))).toEqual([
        `First session was planned for ${yesterday} and is not recorded yet: record it, or agree on another day.`,
      ]);
    }
    const moved = (day: string) =>
      call(late, 'tailor', {
        name: 'edit',
        part: [
          { name: 'kind', valueCode: 'move' },
          { name: 'session', valueInteger: 1 },
          date('date', day),
          ...why,
        ],
      });
    const now = await moved(today);
    expect([said(now), nextOf(now.body.parameter)]).toEqual([200, ['Next: First session.']]);
    expect(said(await moved(yesterday))).toEqual([
      422,
      `"First session" would be on ${yesterday}: a planned session is on ${today} or later`,
    ]);
    for (const operation of ['course', 'session-brief']) {
      expect(nextOf(await read(late, operation))).toEqual(['Next: First session.']);
    }
  });

  it('a session is of today, and nobody records one of tomorrow', async () => {
    const plan = await enrolled(yesterday);
    const homework = (due: string) => ({
      name: 'homework',
      part: [text('description', 'Walk'), date('due', due)],
    });
    expect(said(await call(plan, 'session-complete', ...held(date('start', tomorrow))))).toEqual([
      422,
      'a session that was held did not start in the future',
    ]);
    expect(said(await call(plan, 'session-complete', ...held(homework(yesterday))))).toEqual([
      422,
      `homework is due on a calendar date on or after the session, not "${yesterday}"`,
    ]);
    const recorded = await call(plan, 'session-complete', ...held(homework(today)));
    expect(said(recorded)).toBe(201);
    const task = made(recorded).find((each): each is Task => each.resourceType === 'Task');
    expect(task?.executionPeriod).toEqual({ start: today, end: today });
    const overdue = async () =>
      (await read(plan, 'course')).flatMap((each) =>
        each.name === 'homework' ? (partOf(each, 'isOverdue')?.valueBoolean ?? []) : [],
      );
    expect(await overdue()).toEqual([false]);
    people.service.clock.advance(24 * 3_600_000);
    expect(await overdue()).toEqual([true]);
    expect(said(await call(plan, 'session-complete', ...held(date('start', tomorrow))))).toBe(201);
  });

  it('a session that did not take place is of a day that has come, and leaves the appointment of the next', async () => {
    const plan = await enrolled(yesterday);
    const first = (await read(plan, 'course')).find(({ name }) => name === 'session');
    const reference = partOf(first ?? { name: '' }, 'source')?.valueReference?.reference ?? '';
    await people.keep({
      resourceType: 'Appointment',
      id: 'now',
      status: 'booked',
      start: at.replace('Z', '.000Z'),
      end: at.replace(':30:00Z', ':50:00.000Z'),
      basedOn: [{ reference }],
      participant: [{ actor: { reference: 'Patient/anna' }, status: 'accepted' }],
    });
    const missed = (day: string) =>
      call(plan, 'session-complete', { name: 'attendance', valueCode: 'no-show' }, date('start', day));
    expect(said(await missed(tomorrow))).toEqual([
      422,
      `the session is on ${tomorrow}, which lies ahead: say the day that it was about ("start"), or that it is cancelled`,
    ]);
    expect(said(await missed(yesterday))).toBe(201);
    expect((await send('get', 'Appointment/now', 'system')).body.status).toBe('booked');
    people.service.clock.advance(60_000);
    expect(said(await missed(today))).toBe(201);
    expect((await send('get', 'Appointment/now', 'system')).body.status).toBe('noshow');
  });

  it('a session whose appointment is later today was not missed yet, unless another was for the same day', async () => {
    const plan = await enrolled(today);
    const first = (await read(plan, 'course')).find(({ name }) => name === 'session');
    const reference = partOf(first ?? { name: '' }, 'source')?.valueReference?.reference ?? '';
    const book = (id: string, minutes: number) => {
      const [start, end] = [minutes, minutes + 5].map((more) =>
        new Date(Date.parse(at) + more * 60_000).toISOString(),
      );
      return people.keep({
        resourceType: 'Appointment',
        id,
        status: 'booked',
        ...(start && { start }),
        ...(end && { end }),
        basedOn: [{ reference }],
        participant: [{ actor: { reference: 'Patient/anna' }, status: 'accepted' }],
      });
    };
    const missed = () =>
      call(plan, 'session-complete', { name: 'attendance', valueCode: 'no-show' }, date('start', today));
    await book('later', 15);
    const start = new Date(Date.parse(at) + 15 * 60_000).toISOString();
    expect(said(await missed())).toEqual([
      422,
      `Appointment/later is at ${start}, which lies ahead, and nobody can have missed it: say that it is cancelled, or wait until its time`,
    ]);
    expect(await all('Encounter?patient=anna')).toEqual([]);
    await book('earlier', -5);
    expect(said(await missed())).toBe(201);
    const standing = async () =>
      (await all<Resource & { readonly status: string }>('Appointment?patient=anna'))
        .map(({ id, status }) => `${id} ${status}`)
        .toSorted();
    expect(await standing()).toEqual(['earlier noshow', 'later booked']);
  });

  it('a session of today settles that somebody gets in touch since today', async () => {
    const plan = await enrolled(yesterday);
    const missed = await call(plan, 'session-complete', { name: 'attendance', valueCode: 'no-show' });
    expect(said(missed)).toBe(201);
    const asked = async () => (await all<Task>('Task?code=get-in-touch')).map(({ status }) => status);
    expect(await asked()).toEqual(['requested']);
    const second = [{ name: 'session', valueString: '2' }, date('start', today)];
    expect(said(await call(plan, 'session-complete', ...held(...second)))).toBe(201);
    expect(await asked()).toEqual(['completed']);
  });

  it('is asked about a session without a record when its days are over, now or as it was', async () => {
    const plan = await enrolled(addDays(today, -14));
    const open = async (query = '') =>
      (await read(plan, `deviations${query}`)).find(({ name }) => name === 'unexplained')?.valueInteger;
    expect(await open()).toBe(0);
    people.service.clock.advance(24 * 3_600_000);
    expect(await open()).toBe(1);
    expect(await open(`?at=${new Date(Date.parse(midnight) - 1).toISOString()}`)).toBe(0);
    expect(await open(`?at=${midnight}`)).toBe(1);
  });

  it.each([
    ['yesterday', 'during'],
    ['today', 'before'],
  ])('what is answered now lies %s where the course began: %s it', async (begun, when) => {
    const plan = await enrolled(begun === 'today' ? today : yesterday);
    const { id: _id, ...answers } = phq15(phq15Adding(12));
    const sent = { ...answers, subject: { reference: 'Patient/anna' }, authored: at };
    expect(said(await send('post', 'QuestionnaireResponse', 'system', sent))).toBe(201);
    const starts = (await read(plan, 'course')).flatMap((each) =>
      each.name === 'score' ? (partOf(partOf(each, 'start') ?? { name: '' }, 'when')?.valueCode ?? []) : [],
    );
    expect(starts).toEqual([when]);
  });

  it('a talk about the explanation was not tomorrow', async () => {
    const plan = await enrolled(yesterday);
    const talked = (day: string) =>
      call(
        plan,
        'formulate',
        { name: 'state', valueCode: 'suggested' },
        { name: 'date', valueDateTime: day },
        {
          name: 'factor',
          part: [
            { name: 'role', valueCode: 'perpetuating' },
            text('text', 'Little sleep'),
            { name: 'view', valueCode: 'patient' },
          ],
        },
      );
    expect(said(await talked(tomorrow))).toEqual([
      422,
      'a talk that took place was not in the future ("date")',
    ]);
    expect(said(await talked(today))).toBe(201);
  });

  it.each([
    ['yesterday', []],
    ['today', [['changed']]],
  ])(
    'a newer version moves the second session, and leaves one that is past: it is %s',
    async (second, outcome) => {
      await enrolled(addDays(second === 'today' ? today : yesterday, -7));
      const protocol = 'PlanDefinition/psychosomatic-therapy';
      const current = JSON.stringify((await send('get', protocol, 'system')).body as PlanDefinition);
      const oneWeek = '"value":1,"unit":"weeks","system":"http://unitsofmeasure.org","code":"wk"';
      const eightDays = '"value":8,"unit":"days","system":"http://unitsofmeasure.org","code":"d"';
      const next = {
        ...(JSON.parse(current.replace(oneWeek, eightDays)) as PlanDefinition),
        version: '2.0.0',
      };
      expect(said(await send('put', protocol, 'system', next))).toBe(200);
      const impact = (await send('get', `${protocol}/$impact`, 'system')).body as Parameters;
      const steps = (impact.parameter ?? [])
        .flatMap(({ name, part = [] }) => (name === 'course' ? part : []))
        .filter((each) => partOf(each, 'title')?.valueString === 'Session 2')
        .map(({ part = [] }) => part.flatMap(({ valueCode }) => valueCode ?? []));
      expect(steps).toEqual(outcome);
    },
  );
});

it.each([
  ['Europe/Amsterdam', 'this morning', '2026-12-02', '2026-12-01T23:10:00Z', [true, false]],
  ['America/New_York', 'yesterday evening', '2026-12-01', '2026-12-01T01:00:00Z', [false, true]],
] as const)(
  'in %s an answer of a day is one of its beginning, beside one of %s',
  async (zone, _when, today, instant, [timed, dated]) => {
    people = await startNight(zone, '2026-12-02T04:30:00Z', {
      therapist: ['therapist', 'Practitioner/therapist'],
    });
    await people.keep({ resourceType: 'Practitioner', id: 'therapist' });
    await people.keep({ resourceType: 'Patient', id: 'anna' });
    const plan = await enrolled();
    for (const [id, effectiveDateTime, valueBoolean] of [
      ['timed', instant, timed],
      ['dated', today, dated],
    ] as const) {
      const system = 'https://w3id.org/alongside/fhir/CodeSystem/safety-check';
      await people.keep({
        resourceType: 'Observation',
        id,
        status: 'final',
        code: { coding: [{ system, code: 'post-exertional-malaise' }] },
        subject: { reference: 'Patient/anna' },
        effectiveDateTime,
        valueBoolean,
      });
    }
    const [gate] = (await read(plan, 'session-brief')).filter(({ name }) => name === 'afterExertion');
    expect(partOf(gate ?? { name: '' }, 'answer')?.valueCode).toBe('present');
  },
);
