// A run of a group begins: the group as a whole, and a plan of their own for each member.
import type { Bundle, ParametersParameter } from '@medplum/fhirtypes';
import { planDefinitionStartGroup } from '../../../src/rest/operations/plan-definition-start-group.ts';
import { reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

const people = Array.from({ length: 13 }, (_, index) => `member-${index + 1}`);

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
  for (const id of people) {
    await world.store.create(
      {
        resourceType: 'Patient',
        id,
        generalPractitioner: [{ reference: 'Practitioner/therapist' }],
      },
      { id },
    );
  }
});
afterEach(() => world.close());

const leaders = ['therapist', 'other-therapist'].map((id) => reference('leader', `Practitioner/${id}`));
const members = (count: number) => people.slice(0, count).map((id) => reference('member', `Patient/${id}`));
const begin = (...parameters: readonly ParametersParameter[]) =>
  world.call(planDefinitionStartGroup, 'therapist', 'prop-programme', [...parameters]);
const start: ParametersParameter = { name: 'start', valueDate: '2026-12-01' };

describe('a run of a group', () => {
  it('is written as a whole and for each member, all of it valid', async () => {
    const answer = await begin(...leaders, ...members(8), start, string('place', 'The house by the lake'));
    expect(answer.status).toBe(201);
    expect(
      await errorsIn(world, [
        'Group',
        'CarePlan',
        'CareTeam',
        'RequestGroup',
        'ServiceRequest',
        'Appointment',
        'EpisodeOfCare',
        'Task',
      ]),
    ).toEqual([]);
    const [group] = await world.all('Group');
    expect(group).toMatchObject({ type: 'person', actual: true, active: true, quantity: 8 });
    expect(group?.member).toHaveLength(8);
    const plans = await world.all('CarePlan');
    const whole = plans.find(({ subject }) => subject.reference === `Group/${group?.id}`);
    const own = plans.filter(({ partOf }) => partOf?.[0]?.reference === `CarePlan/${whole?.id}`);
    expect(own.map(({ subject }) => subject.reference)).toEqual(
      people.slice(0, 8).map((id) => `Patient/${id}`),
    );
    expect(new Set(plans.flatMap(({ instantiatesCanonical }) => instantiatesCanonical))).toEqual(
      new Set(['https://w3id.org/alongside/fhir/PlanDefinition/prop-programme|1.0.0']),
    );
  });

  it('meets on the eight days of the plan, two weeks apart, and asks again a year after the last', async () => {
    await begin(...leaders, ...members(8), start);
    const days = await world.all('ServiceRequest');
    const ofFirst = days.filter(({ subject }) => subject.reference === 'Patient/member-1');
    expect(
      ofFirst.map(({ occurrenceDateTime, quantityQuantity }) => [
        occurrenceDateTime,
        quantityQuantity?.value,
      ]),
    ).toEqual(
      [
        '2026-12-01',
        '2026-12-15',
        '2026-12-29',
        '2027-01-12',
        '2027-01-26',
        '2027-02-09',
        '2027-02-23',
        '2027-03-09',
      ].map((date) => [date, 360]),
    );
    const tasks = await world.all('Task');
    expect(tasks).toHaveLength(8);
    expect(tasks[0]).toMatchObject({
      code: { coding: [{ code: 'follow-up' }] },
      for: { reference: 'Patient/member-1' },
      owner: { reference: 'Practitioner/therapist' },
      executionPeriod: { start: '2028-03-09' },
    });
  });

  it('meets on days that are given as the instants of a client, to the millisecond', async () => {
    const given = [1, 2, 3, 4, 5, 6, 7, 8].map((week) => `2027-0${week}-05T09:30:00.000Z`);
    const asked = given.map((day) => string('day', day));
    await begin(...leaders, ...members(8), ...asked, string('datesReason', 'By the house'));
    const days = await world.all('ServiceRequest');
    const ofFirst = days.filter(({ subject }) => subject.reference === 'Patient/member-1');
    expect(ofFirst.map(({ occurrenceDateTime }) => occurrenceDateTime)).toEqual(given);
  });

  it('names nobody on what the group has as a whole, and nobody else on what is one member’s', async () => {
    await begin(...leaders, ...members(8), start);
    for (const type of ['CarePlan', 'CareTeam', 'RequestGroup', 'ServiceRequest', 'Appointment'] as const) {
      for (const resource of await world.all(type)) {
        const named = new Set(JSON.stringify(resource).match(/Patient\/[\w-]+/g) ?? []);
        const isWhole = JSON.stringify(resource).includes('"Group/');
        expect([type, resource.id, named.size]).toEqual([type, resource.id, isWhole ? 0 : 1]);
      }
    }
  });

  it('is the same run when it is begun twice', async () => {
    await begin(...leaders, ...members(8), start);
    const again = await begin(...leaders, ...members(8), start);
    expect([again.status, (await world.all('Group')).length]).toEqual([200, 1]);
    expect((again.resource as Bundle).entry).toHaveLength(9);
  });

  it('says a difference from the plan and keeps its reason', async () => {
    const answer = await begin(
      ...leaders,
      ...members(7),
      start,
      string('sizeReason', 'One person begins with the next group'),
    );
    const outcome = (answer.resource as Bundle).entry?.at(-1)?.resource;
    expect(outcome).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'warning',
          code: 'business-rule',
          diagnostics:
            '7 people take part; the plan has 8 to 12. Reason: One person begins with the next group',
        },
      ],
    });
  });
});

describe('a run is refused', () => {
  const cases: readonly (readonly [string, () => readonly ParametersParameter[], number, string])[] = [
    [
      'with one leader',
      () => [leaders[0] as ParametersParameter, ...members(8), start],
      422,
      'the plan has 2 leaders: name 2 ("leader")',
    ],
    [
      'with one leader named twice',
      () => [leaders[0] as ParametersParameter, leaders[0] as ParametersParameter, ...members(8), start],
      422,
      'Practitioner/therapist stands twice: name each "leader" once',
    ],
    [
      'with a member named twice',
      () => [...leaders, ...members(8), ...members(1), start],
      422,
      'Patient/member-1 stands twice: name each "member" once',
    ],
    [
      'with too many members and no reason',
      () => [...leaders, ...members(13), start],
      422,
      '13 people take part; the plan has 8 to 12: give the reason ("sizeReason"), and the group is planned so',
    ],
    [
      'with a member out of reach',
      () => [...leaders, ...members(8), reference('member', 'Patient/anna'), start],
      404,
      'Patient/anna is not known',
    ],
    [
      'with a day that is none',
      () => [...leaders, ...members(8), string('day', '2027-02-30')],
      400,
      'a "day" is a date, YYYY-MM-DD, or an instant with its zone',
    ],
    [
      'with too few days',
      () => [...leaders, ...members(8), string('day', '2027-02-03')],
      422,
      'the plan has 8 days: give 8 times "day", or none',
    ],
  ];
  it.each(cases)('%s', async (_, parameters, status, diagnostics) => {
    const refusal = await refusalOf(begin(...parameters()));
    expect([refusal.status, refusal.outcome.issue[0]?.diagnostics]).toEqual([status, diagnostics]);
    expect(await world.all('Group')).toEqual([]);
    expect(await world.all('CarePlan')).toEqual([]);
  });

  it('with days that lie too close together, until a reason is given', async () => {
    const days = ['01', '05', '19', '30'].map((day) => string('day', `2027-01-${day}`));
    const rest = ['02-14', '03-01', '03-16', '04-02'].map((day) => string('day', `2027-${day}`));
    const call = [...leaders, ...members(8), ...days, ...rest];
    const refusal = await refusalOf(begin(...call));
    expect([refusal.status, refusal.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      'day 2 is on 2027-01-05; by the plan it lies between 2027-01-15 and 2027-01-29; day 4 is on 2027-01-30; by the plan it lies between 2027-02-02 and 2027-02-16: give the reason ("datesReason"), and the days are planned so',
    ]);
    expect((await begin(...call, string('datesReason', 'The room is free on these days'))).status).toBe(201);
  });

  it('for the joint course, which takes pairs who consent', async () => {
    const refusal = await refusalOf(
      world.call(planDefinitionStartGroup, 'therapist', 'joint-course', [...leaders, ...members(8)]),
    );
    expect([refusal.status, refusal.outcome.issue[0]?.diagnostics]).toEqual([
      422,
      'PlanDefinition/joint-course is for pairs of a patient and a therapist who both consent: begin it with POST PlanDefinition/[id]/$start-pairs',
    ]);
  });

  it('for a member who is in a running group of this plan', async () => {
    await begin(...leaders, ...members(8), start);
    const refusal = await refusalOf(
      begin(...leaders, ...members(9), { name: 'start', valueDate: '2027-01-05' }),
    );
    expect(refusal.status).toBe(409);
  });
});
