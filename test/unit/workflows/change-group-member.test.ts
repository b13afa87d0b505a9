// What changes in a group on the way: a day to make up, somebody who leaves, somebody who joins or waits.
import type { CarePlan, ParametersParameter } from '@medplum/fhirtypes';
import { carePlanGroupDayComplete } from '../../../src/rest/operations/care-plan-group-day-complete.ts';
import { carePlanGroupMember } from '../../../src/rest/operations/care-plan-group-member.ts';
import { carePlanMakeUpDay } from '../../../src/rest/operations/care-plan-make-up-day.ts';
import { complete, group, integer, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';
import { addMembers, attends, beginGroup, callOn, memberIds, wholePlan } from './group-steps.ts';

let world: CourseWorld;
let plan: CarePlan;
beforeAll(async () => {
  world = await courseWorld();
  plan = await beginGroup(world);
  await addMembers(world, ['late-1', 'late-2', 'late-3', 'late-4', 'late-5', 'late-6']);
});
afterAll(() => world.close());

const member = (action: string, id: string, ...more: readonly ParametersParameter[]) =>
  callOn(world, carePlanGroupMember, 'therapist', plan, [
    { name: 'action', valueCode: action },
    reference('member', `Patient/${id}`),
    ...more,
  ]);
const present = async () => {
  const own = (await world.all('CarePlan')).filter(({ partOf, status }) => partOf && status === 'active');
  return own.map(({ subject }) => subject.reference?.slice('Patient/'.length) ?? '');
};
const element = (code: string, minutes: number) =>
  group('element', { name: 'code', valueCode: code }, integer('minutes', minutes));
const ownPlan = async (id: string) => {
  const own = (await world.all('CarePlan')).find(({ subject }) => subject.reference === `Patient/${id}`);
  if (!own) throw new Error(`no plan of ${id}`);
  return own;
};

it('somebody joins before the second day, while there is room, with the days that are left', async () => {
  await callOn(
    world,
    carePlanGroupDayComplete,
    'therapist',
    plan,
    memberIds.map((id) => attends(id, id === 'member-1' ? 'absent-without-notice' : 'present')),
  );
  for (const id of ['late-1', 'late-2', 'late-3', 'late-4']) await member('join', id);
  expect(await present()).toHaveLength(12);
  const days = (await world.all('ServiceRequest')).filter(
    ({ subject }) => subject.reference === 'Patient/late-1',
  );
  expect(days).toHaveLength(7);
  const [group] = await world.all('Group');
  expect([group?.quantity, group?.member?.at(-1)?.entity.reference]).toEqual([12, 'Patient/late-4']);
});

it('a full group takes nobody more, and lets them wait with somebody who stays in contact', async () => {
  const refusal = await refusalOf(member('join', 'late-5'));
  expect([refusal.status, refusal.outcome.issue[0]?.diagnostics]).toEqual([
    422,
    'the group has 12 people, as many as the plan says: let them wait for a place ("waits" true)',
  ]);
  await member('join', 'late-5', { name: 'waits', valueBoolean: true });
  const waiting = (await world.all('Task')).find(({ code }) => code?.coding?.[0]?.code === 'group-place');
  expect([waiting?.for?.reference, waiting?.owner?.reference, waiting?.status]).toEqual([
    'Patient/late-5',
    'Practitioner/therapist',
    'requested',
  ]);
});

it('somebody who missed a day takes a day of their own, which is a session in their own plan', async () => {
  const own = await ownPlan('member-1');
  const offer = (await world.all('Task')).find(({ code }) => code?.coding?.[0]?.code === 'make-up-offer');
  const take = (ifMatch?: string) =>
    callOn(
      world,
      carePlanMakeUpDay,
      'otherTherapist',
      own,
      [reference('offer', `Task/${offer?.id}`), string('date', '2026-11-27T09:30:00.000Z')],
      ifMatch,
    );
  expect((await refusalOf(take('none'))).status).toBe(428);
  expect((await refusalOf(take('9'))).status).toBe(412);
  expect((await take()).status).toBe(201);
  expect(
    await errorsIn(world, [
      'Provenance',
      'ServiceRequest',
      'RequestGroup',
      'CarePlan',
      'Task',
      'Appointment',
    ]),
  ).toEqual([]);
  const [provenance] = await world.all('Provenance');
  expect(provenance?.agent.map(({ who }) => who?.reference)).toContain('Patient/member-1');
  expect(provenance?.reason?.[0]?.coding?.[0]?.code).toBe('make-up');
  const again = await refusalOf(take());
  expect([again.status, again.outcome.issue[0]?.diagnostics]).toEqual([
    422,
    `Task/${offer?.id} is no open offer of a day to make up`,
  ]);
  const groupDay = await refusalOf(complete(world, own, [integer('minutes', 60), integer('session', 2)]));
  expect(groupDay.outcome.issue[0]?.diagnostics).toContain('is a day of a group');
  const therapy = await refusalOf(
    complete(world, own, [integer('minutes', 60), integer('session', 9), element('sums', 30)]),
  );
  expect(therapy.outcome.issue[0]?.diagnostics).toContain('"sums" is no element of the therapy');
  const held = await complete(world, own, [
    integer('minutes', 60),
    integer('session', 9),
    element('fibromyalgia', 30),
  ]);
  expect(held.status).toBe(201);
  const [done] = (await world.all('Procedure')).filter(
    ({ subject, code }) =>
      subject.reference === 'Patient/member-1' && code?.coding?.[0]?.code === 'fibromyalgia',
  );
  expect([done?.instantiatesCanonical, done?.extension?.[0]?.valuePositiveInt]).toEqual([
    ['https://w3id.org/alongside/fhir/ActivityDefinition/prop-theme-fibromyalgia|1.0.0'],
    30,
  ]);
  expect(await errorsIn(world, ['Procedure'])).toEqual([]);
});

it('somebody leaves at any time, without a reason, and has a next step and somebody who takes care of it', async () => {
  await member('leave', 'member-2');
  const own = await ownPlan('member-2');
  expect(own.status).toBe('revoked');
  expect(await present()).not.toContain('member-2');
  const [group] = await world.all('Group');
  const left = group?.member?.find(({ entity }) => entity.reference === 'Patient/member-2');
  expect([left?.inactive, left?.period?.end, group?.quantity]).toEqual([true, '2026-11-20', 11]);
  const steps = (await world.all('Task')).filter(
    ({ for: whom, code }) =>
      whom?.reference === 'Patient/member-2' && code?.coding?.[0]?.code === 'next-step',
  );
  expect(steps.map(({ owner, description, status }) => [owner?.reference, description, status])).toEqual([
    ['Practitioner/therapist', 'Agree the next step and who takes care of it', 'requested'],
  ]);
  expect(
    await errorsIn(world, [
      'Group',
      'CarePlan',
      'CareTeam',
      'EpisodeOfCare',
      'ServiceRequest',
      'Appointment',
    ]),
  ).toEqual([]);
  const again = await refusalOf(member('leave', 'member-2', string('reason', 'x')));
  expect([again.status, again.outcome.issue[0]?.diagnostics]).toEqual([
    422,
    'Patient/member-2 does not take part in this group',
  ]);
});

it('nobody joins after the second day, and a plan that somebody saw before a change is old', async () => {
  world.setClock('2026-12-04T18:00:00Z');
  await callOn(
    world,
    carePlanGroupDayComplete,
    'therapist',
    plan,
    (await present()).map((id) => attends(id, 'present')),
  );
  const refusal = await refusalOf(member('join', 'late-6'));
  expect(refusal.outcome.issue[0]?.diagnostics).toBe(
    'the group is on its way, and has met too often for somebody to join: let them wait for a place ("waits" true)',
  );
  expect((await wholePlan(world)).meta?.versionId).toBe('8');
});
