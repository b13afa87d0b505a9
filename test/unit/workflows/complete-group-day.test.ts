// A day of a group is recorded: as a whole without a word about anybody, and on each member's own record.
import type { CarePlan, ParametersParameter } from '@medplum/fhirtypes';
import { carePlanGroupDayComplete } from '../../../src/rest/operations/care-plan-group-day-complete.ts';
import { group, integer, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';
import { attends, beginGroup, callOn, memberIds, theme, wholePlan } from './group-steps.ts';

let world: CourseWorld;
let plan: CarePlan;
beforeAll(async () => {
  world = await courseWorld();
  plan = await beginGroup(world);
});
afterAll(() => world.close());

const complete = (parameters: readonly ParametersParameter[], ifMatch?: string) =>
  callOn(world, carePlanGroupDayComplete, 'otherTherapist', plan, parameters, ifMatch);
const allThere = memberIds.map((id) => attends(id, 'present'));
const others = allThere.slice(3);

describe('a day is refused', () => {
  const cases: readonly (readonly [string, readonly ParametersParameter[], number, string])[] = [
    [
      'when a member is left out',
      allThere.slice(1),
      422,
      '"attendance": say of Patient/member-1 too whether they were there',
    ],
    [
      'when somebody stands twice',
      [...allThere, attends('member-2', 'present')],
      422,
      '"attendance": Patient/member-2 stands twice',
    ],
    [
      'when somebody else came',
      [...allThere, attends('anna', 'present')],
      422,
      '"attendance": Patient/anna is not expected on this day',
    ],
    [
      'with a presence that is none',
      [...allThere.slice(1), attends('member-1', 'late')],
      400,
      '"presence" is one of present, left-early, absent-with-notice, absent-without-notice',
    ],
    [
      'when somebody left early and it is not said when',
      [...allThere.slice(1), attends('member-1', 'left-early')],
      422,
      '"minutes" is said of whoever left early, and is less than the 360 of the day',
    ],
    [
      'with a theme of no plan',
      [...allThere, theme('sums', 30)],
      422,
      '"sums" is no part of this plan; its parts are: ',
    ],
    [
      'with more minutes of themes than the day had',
      [...allThere, theme('sleep', 200), theme('food', 200)],
      422,
      'the themes take 400 minutes and the day lasted 360',
    ],
    [
      'with a quiet alternative of somebody who was not there',
      [
        ...allThere.slice(1),
        attends(
          'member-1',
          'absent-with-notice',
          group('quiet', { name: 'exercise', valueCode: 'medical-yoga' }),
        ),
      ],
      422,
      'a quiet alternative is chosen by somebody who is there',
    ],
    [
      'with a note that names somebody',
      [...allThere, string('note', 'A calm day.\nZOE3 told of the lake, and Berghs of the wood.')],
      422,
      'the note names somebody of the group (line 2, word 1; line 2, word 7): write about the day, and about nobody by name',
    ],
    [
      'led by fewer than the plan has, without a reason',
      [...allThere, reference('leader', 'Practitioner/therapist')],
      422,
      'the plan has 2 leaders: for 1 give the reason ("leadersReason")',
    ],
    [
      'led by one who is named twice',
      [...allThere, ...Array.from({ length: 2 }, () => reference('leader', 'Practitioner/therapist'))],
      422,
      'the plan has 2 leaders: for 1 give the reason ("leadersReason")',
    ],
    [
      'when it lies ahead',
      [...allThere, { name: 'start', valueDateTime: '2027-01-01T09:00:00Z' }],
      422,
      'a day is recorded when it was held: "start" lies ahead',
    ],
    [
      'when there is no such day',
      [...allThere, integer('day', 9)],
      422,
      'there is no such day to record; open days: 1, 2, 3, 4, 5, 6, 7, 8',
    ],
  ];
  it.each(cases)('%s', async (_, parameters, status, diagnostics) => {
    const refusal = await refusalOf(complete(parameters));
    expect(refusal.status).toBe(status);
    expect(refusal.outcome.issue[0]?.diagnostics).toContain(diagnostics);
    expect(JSON.stringify(refusal.outcome).toLowerCase()).not.toContain('zoe');
    expect(await world.all('Encounter')).toEqual([]);
  });

  it('without the version of the group’s plan, and with an old one', async () => {
    expect((await refusalOf(complete(allThere, 'none'))).status).toBe(428);
    expect((await refusalOf(complete(allThere, '7'))).status).toBe(412);
  });

  it('by anybody who does not lead, in the words for a plan that is not there', async () => {
    const refusal = await refusalOf(callOn(world, carePlanGroupDayComplete, 'gp', plan, allThere));
    expect([refusal.status, refusal.outcome.issue[0]?.diagnostics]).toEqual([
      404,
      `CarePlan/${plan.id} is not known`,
    ]);
  });
});

describe('a day that was held', () => {
  const call = [
    attends('member-1', 'absent-with-notice'),
    attends('member-2', 'left-early', integer('minutes', 100)),
    attends(
      'member-3',
      'present',
      group('quiet', { name: 'exercise', valueCode: 'medical-yoga' }, integer('minutes', 20)),
    ),
    ...others,
    theme('fibromyalgia', 90),
    theme('physical-activity', 60),
    string('note', 'The group found its own pace.'),
  ];

  it('is one meeting of the group, and one of each who was there', async () => {
    const answer = await complete(call);
    expect(answer.status).toBe(201);
    expect(
      await errorsIn(world, [
        'Encounter',
        'Procedure',
        'Composition',
        'Task',
        'ServiceRequest',
        'Appointment',
        'CarePlan',
      ]),
    ).toEqual([]);
    const encounters = await world.all('Encounter');
    const whole = encounters.find(({ subject }) => subject?.reference === plan.subject.reference);
    expect(whole?.length?.value).toBe(360);
    const own = encounters.filter(({ partOf }) => partOf?.reference === `Encounter/${whole?.id}`);
    expect(own.map(({ subject, length }) => [subject?.reference, length?.value])).toEqual([
      ['Patient/member-2', 100],
      ...memberIds.slice(2).map((id) => [`Patient/${id}`, 360]),
    ]);
    for (const resource of [whole, ...(await world.all('Composition')), await wholePlan(world)]) {
      expect(JSON.stringify(resource)).not.toContain('Patient/');
    }
  });

  it('gives each the themes that they were there for, and the quiet thing that they chose', async () => {
    const procedures = await world.all('Procedure');
    const of = (id: string) =>
      procedures
        .filter(({ subject }) => subject.reference === `Patient/${id}`)
        .map(({ code, extension, reasonCode }) => [
          code?.coding?.[0]?.code,
          extension?.[0]?.valuePositiveInt,
          reasonCode?.[0]?.text,
        ]);
    expect(of('member-1')).toEqual([]);
    expect(of('member-2')).toEqual([
      ['fibromyalgia', 90, undefined],
      ['physical-activity', 10, undefined],
    ]);
    expect(of('member-3')).toEqual([
      ['fibromyalgia', 90, undefined],
      ['physical-activity', 60, undefined],
      ['relaxation', 20, 'Chosen instead of: Medical yoga'],
    ]);
  });

  it('offers a day of their own to whoever was not there, without a word of blame', async () => {
    const offers = (await world.all('Task')).filter(
      ({ code }) => code?.coding?.[0]?.code === 'make-up-offer',
    );
    expect(
      offers.map(({ for: whom, owner, status, restriction, description }) => [
        whom?.reference,
        owner?.reference,
        status,
        restriction?.period?.end,
        description,
      ]),
    ).toEqual([
      [
        'Patient/member-1',
        'Practitioner/therapist',
        'requested',
        '2026-12-04',
        'Offer a day of their own about "Opening and introduction". Whether they take it is theirs to choose; their place in the group stays theirs.',
      ],
    ]);
    const days = await world.all('ServiceRequest');
    const missed = days.find(
      ({ subject, status }) => subject.reference === 'Patient/member-1' && status === 'revoked',
    );
    expect(missed?.extension?.at(-1)?.valueCodeableConcept?.coding?.[0]?.code).toBe('absent-with-notice');
  });

  it('begins the episode of each who was there, and leaves that of the others as it was', async () => {
    const early = await courseWorld();
    await beginGroup(early, memberIds, '2026-12-04');
    const episodes = async () =>
      (await early.all('EpisodeOfCare')).map(({ patient, status }) => `${patient.reference} ${status}`);
    expect(await episodes()).toEqual(memberIds.map((id) => `Patient/${id} planned`));
    early.setClock('2026-12-04T18:00:00Z');
    await callOn(early, carePlanGroupDayComplete, 'therapist', await wholePlan(early), [
      attends('member-1', 'absent-without-notice'),
      ...allThere.slice(1),
    ]);
    expect((await episodes()).toSorted()).toEqual(
      memberIds.map((id) => `Patient/${id} ${id === 'member-1' ? 'planned' : 'active'}`),
    );
    await early.close();
  });

  it('is recorded once, whatever version the same call names', async () => {
    const again = await complete(call, 'none');
    expect([again.status, (await world.all('Composition')).length]).toEqual([200, 1]);
    const other = await refusalOf(complete([...allThere, integer('day', 1)]));
    expect(other.status).toBe(409);
  });

  it('ends the run with its last day: with a next step for each, and the own plan of whoever waits for a day stays open', async () => {
    for (const day of [2, 3, 4, 5, 6, 7, 8]) {
      world.setClock(`2027-0${day}-01T18:00:00Z`);
      await complete([...allThere, integer('day', day)]);
    }
    expect((await wholePlan(world)).status).toBe('completed');
    const own = (await world.all('CarePlan')).filter(({ partOf }) => partOf);
    expect(own.map(({ subject, status }) => [subject.reference, status])).toEqual(
      memberIds.map((id) => [`Patient/${id}`, id === 'member-1' ? 'active' : 'completed']),
    );
    const steps = (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'next-step');
    expect(steps.map(({ for: whom, owner }) => [whom?.reference, owner?.reference])).toEqual(
      memberIds.map((id) => [`Patient/${id}`, 'Practitioner/therapist']),
    );
    const refusal = await refusalOf(complete(allThere));
    expect(refusal.outcome.issue[0]?.diagnostics).toBe('there is no such day to record; open days: none');
    // Nothing of what has ended says that it runs; the leaders still see what the group had as a whole.
    const has = (subject: string | undefined) => ({
      orders: ordersOf.filter((each) => each.subject?.reference === subject).map(({ status }) => status),
      teams: teamsOf.filter((each) => each.subject?.reference === subject).map(({ status }) => status),
    });
    const ordersOf = (await world.all('RequestGroup')).filter(({ intent }) => intent === 'plan');
    const teamsOf = await world.all('CareTeam');
    const whole = await wholePlan(world);
    expect(has(whole.subject.reference)).toEqual({ orders: ['completed'], teams: ['inactive'] });
    expect(has('Patient/member-1')).toEqual({ orders: ['active'], teams: ['active'] });
    expect(has('Patient/member-2')).toEqual({ orders: ['completed'], teams: ['inactive'] });
    const seen = await world.contextOf('otherTherapist').store.read('CarePlan', whole.id ?? '');
    expect(seen.kind).toBe('found');
    expect(await errorsIn(world, ['CareTeam', 'RequestGroup', 'CarePlan', 'Task'])).toEqual([]);
  });
});
