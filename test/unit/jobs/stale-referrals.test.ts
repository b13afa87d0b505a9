// A referral that nobody answers: a Task to whoever was asked, then to whoever referred, and never two for one thing.

import type { Appointment } from '@medplum/fhirtypes';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { enroll, put, refer, referralTask } from '../workflows/course-steps.ts';
import type { CourseWorld } from '../workflows/course-world.ts';
import { courseWorld, errorsIn } from '../workflows/course-world.ts';
import { keptLog, runOn, told, watchTasks } from './job-world.ts';

const job = 'escalate-stale-referrals';
let world: CourseWorld;

beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const toldAll = async () => (await watchTasks(world)).map(told);

it('reminds whoever was asked after a week, then gives the choice to whoever referred, and changes nothing in between', async () => {
  const referral = await refer(world);
  const about = `Task/${referral.id}`;
  expect(await runOn(world, job, '2026-11-26')).toEqual({
    outcome: 'done',
    people: 1,
    set: 0,
    takenBack: 0,
    failed: 0,
  });
  expect(await runOn(world, job, '2026-11-27')).toEqual({
    outcome: 'done',
    people: 1,
    set: 1,
    takenBack: 0,
    failed: 0,
  });
  const first = `referral-waiting Practitioner/therapist ${about} 2026-11-30 requested`;
  expect(await toldAll()).toEqual([first]);
  for (const day of ['2026-11-27', '2026-11-28', '2026-12-03']) {
    expect(await runOn(world, job, day)).toMatchObject({ set: 0, takenBack: 0, failed: 0 });
  }
  expect(await toldAll()).toEqual([first]);
  expect(await runOn(world, job, '2026-12-04')).toMatchObject({ set: 1, failed: 0 });
  const second = `referral-waiting Practitioner/gp ${about} 2026-12-07 requested`;
  expect(await toldAll()).toEqual([first, second]);
  // While it is open, nothing is added, however long it takes.
  expect(await runOn(world, job, '2027-02-01')).toMatchObject({ set: 0 });
  expect(await toldAll()).toEqual([first, second]);
  expect(await errorsIn(world, ['Task', 'AuditEvent'])).toEqual([]);
});

it('offers the steps that can be chosen, in words that name nobody as at fault', async () => {
  await refer(world);
  await runOn(world, job, '2026-11-27');
  await runOn(world, job, '2026-12-04');
  const [, task] = await watchTasks(world);
  expect(task?.input?.map(({ valueCodeableConcept }) => valueCodeableConcept?.coding?.[0]?.code)).toEqual([
    'ask-again',
    'ask-another',
    'consult',
    'talk-with-person',
  ]);
  expect(task?.description).toBe(
    'A referral that you sent has had no answer yet. Choose with the person how to go on.',
  );
  expect(task?.requester).toBeUndefined();
});

it('sets it again for whoever referred when their Task was closed and the referral still waits a week later', async () => {
  await refer(world);
  await runOn(world, job, '2026-11-27');
  await runOn(world, job, '2026-12-04');
  const [, second] = await watchTasks(world);
  if (!second) throw new Error('no second Task');
  await put(world, 'system', second, { status: 'completed' });
  expect(await runOn(world, job, '2026-12-10')).toMatchObject({ set: 0 });
  expect(await runOn(world, job, '2026-12-11')).toMatchObject({ set: 1 });
  expect((await toldAll()).map((text) => text.split(' ').slice(-1)[0])).toEqual([
    'requested',
    'completed',
    'requested',
  ]);
});

it('takes the Tasks back when the referral is accepted', async () => {
  const referral = await refer(world);
  await runOn(world, job, '2026-11-27');
  await runOn(world, job, '2026-12-04');
  await put(world, 'therapist', referral, { status: 'accepted' });
  expect(await runOn(world, job, '2026-12-05')).toMatchObject({ set: 0, failed: 0 });
  expect((await watchTasks(world)).map(({ status, statusReason }) => [status, statusReason?.text])).toEqual([
    ['cancelled', 'The referral has been answered'],
    ['cancelled', 'The referral has been answered'],
  ]);
});

it('takes them back in the moment of a decline, so that whoever declined does not go on seeing the record', async () => {
  const referral = await refer(world);
  await runOn(world, job, '2026-11-27');
  await put(world, 'therapist', referral, {
    status: 'rejected',
    statusReason: { text: 'Full until spring' },
    output: [
      {
        type: {
          coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'alternative' }],
        },
        valueString: 'The practice next door',
      },
    ],
  });
  const read = await world.contextOf('therapist').store.read('Patient', 'anna');
  expect(read.kind).toBe('missing');
  expect((await watchTasks(world)).map(({ status }) => status)).toEqual(['cancelled']);
});

it('goes to whoever referred when it is they who were asked for more', async () => {
  const referral = await refer(world);
  const system = 'https://w3id.org/alongside/fhir/CodeSystem/course';
  world.setClock('2026-11-24T09:00:00.000Z');
  await createResource(world.contextOf('therapist'), {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    code: { coding: [{ system, code: 'info-request' }] },
    partOf: [{ reference: `Task/${referral.id}` }],
    focus: referral.focus ?? {},
    for: referral.for ?? {},
    owner: { reference: 'Practitioner/gp' },
    description: 'Was her thyroid looked at this year?',
  });
  expect(await runOn(world, job, '2026-11-30')).toMatchObject({ set: 0 });
  expect(await runOn(world, job, '2026-12-01')).toMatchObject({ set: 1 });
  expect(await runOn(world, job, '2026-12-20')).toMatchObject({ set: 0 });
  const tasks = await watchTasks(world);
  expect(tasks.map(told)).toEqual([
    `referral-waiting Practitioner/gp Task/${referral.id} 2026-12-04 requested`,
  ]);
  expect(tasks[0]?.description).toMatch(/asks you for more information/);
});

it.each([
  ['has died', { deceasedBoolean: true }],
  ['died on a day', { deceasedDateTime: '2026-11-25' }],
  ['is no longer kept', { active: false }],
])('asks nobody anything about a person whose record says that it or they: %s', async (_says, change) => {
  await refer(world);
  const anna = await world.store.read('Patient', 'anna');
  if (anna.kind !== 'found') throw new Error('no patient');
  await world.store.update({ ...anna.version.resource(), ...change, id: 'anna' } as never);
  expect(await runOn(world, job, '2027-01-01')).toMatchObject({ people: 1, set: 0, failed: 0 });
  expect(await watchTasks(world)).toEqual([]);
});

it('deals with the others when one record cannot be dealt with, says so by ids only, and is to be tried again', async () => {
  await refer(world);
  await refer(world, 'bert');
  const [broken] = (await world.all('Task')).filter(({ for: of }) => of?.reference === 'Patient/anna');
  // As no door would let it in.
  await world.store.update({ ...broken, id: broken?.id ?? '', authoredOn: 'not a date' } as never);
  const log = keptLog();
  expect(await runOn(world, job, '2026-12-01', log)).toEqual({
    outcome: 'partly',
    people: 2,
    set: 1,
    takenBack: 0,
    failed: 1,
  });
  expect((await watchTasks(world)).map((task) => task.for?.reference)).toEqual(['Patient/bert']);
  expect(log.lines).toEqual([
    {
      message: 'job could not deal with a record',
      job,
      slot: log.lines[0]?.['slot'],
      patient: 'anna',
      error: 'RangeError',
    },
  ]);
});

it('leaves an AuditEvent of each run, with its numbers', async () => {
  await refer(world);
  await runOn(world, job, '2026-11-27');
  const [event] = await world.all('AuditEvent');
  expect(event).toMatchObject({
    subtype: [
      {
        system: 'https://w3id.org/alongside/fhir/CodeSystem/scheduled-job',
        code: job,
        display: 'Referrals that wait for an answer',
      },
    ],
    outcome: '0',
    agent: [{ name: `job/${job}`, requestor: false }],
  });
  expect(event?.entity?.[0]?.detail?.slice(1)).toEqual([
    { type: 'attempt', valueString: '1' },
    { type: 'people', valueString: '1' },
    { type: 'set', valueString: '1' },
    { type: 'takenBack', valueString: '0' },
    { type: 'failed', valueString: '0' },
  ]);
});

describe('a referral that was accepted for a first date that has passed', () => {
  // The promise of these tests is 2026-12-01 to 2026-12-15.
  const accepted = async () => {
    const task = await refer(world);
    return put(world, 'therapist', task, { status: 'accepted' });
  };

  it('and has not begun is put before whoever accepted it, then before whoever referred', async () => {
    const { id } = await accepted();
    expect(await runOn(world, job, '2026-12-17')).toMatchObject({ set: 0, failed: 0 });
    expect(await runOn(world, job, '2026-12-18')).toMatchObject({ people: 1, set: 1, failed: 0 });
    const first = `promise-passed Practitioner/therapist Task/${id} 2026-12-21 requested`;
    expect(await runOn(world, job, '2026-12-24')).toMatchObject({ set: 0, failed: 0 });
    expect(await toldAll()).toEqual([first]);
    expect(await runOn(world, job, '2026-12-25')).toMatchObject({ set: 1, failed: 0 });
    const second = `promise-passed Practitioner/gp Task/${id} 2026-12-28 requested`;
    expect(await runOn(world, job, '2027-03-01')).toMatchObject({ set: 0, takenBack: 0, failed: 0 });
    expect(await toldAll()).toEqual([first, second]);
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });

  it('is left alone once it has ended, or has another date, whose passing is told anew', async () => {
    const task = await accepted();
    await runOn(world, job, '2026-12-18');
    const statusReason = { text: 'She was ill' };
    const restriction = { period: { start: '2027-01-04', end: '2027-01-08' } };
    await put(world, 'therapist', task, { restriction, statusReason });
    expect(await runOn(world, job, '2026-12-19')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
    expect(await runOn(world, job, '2027-01-10')).toMatchObject({ set: 0, failed: 0 });
    expect(await runOn(world, job, '2027-01-11')).toMatchObject({ set: 1, failed: 0 });
    expect((await toldAll()).map((each) => each.split(' ').slice(0, 2).join(' '))).toEqual([
      'promise-passed Practitioner/therapist',
      'promise-passed Practitioner/therapist',
    ]);
    await put(world, 'gp', task, { status: 'cancelled', statusReason: { text: 'She goes elsewhere' } });
    expect(await runOn(world, job, '2027-01-12')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
    expect(await runOn(world, job, '2027-03-01')).toMatchObject({ people: 0 });
  });

  it('is not asked about once sessions are planned, unless all of them were dropped', async () => {
    const { sessions } = await enroll(world);
    expect((await referralTask(world)).status).toBe('accepted');
    expect(await runOn(world, job, '2026-12-18')).toMatchObject({ people: 1, set: 0, failed: 0 });
    for (const session of sessions) await world.store.update({ ...session, status: 'revoked' } as never);
    expect(await runOn(world, job, '2026-12-18')).toMatchObject({ set: 1, failed: 0 });
    await world.store.update({ ...sessions[0], status: 'completed' } as never);
    // By a clock that is some seconds behind that which set it, as another node's may be.
    expect(await runOn(world, job, '2026-12-18')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
  });

  it('is not asked about while an appointment lies ahead', async () => {
    const { focus } = await accepted();
    const book = (start: string, status: Appointment['status']): Appointment => ({
      resourceType: 'Appointment',
      id: 'first',
      status,
      start,
      end: start.replace('T09', 'T10'),
      basedOn: [{ reference: focus?.reference ?? '' }],
      participant: [{ actor: { reference: 'Patient/anna' }, status: 'accepted' }],
    });
    await world.store.create(book('2026-12-22T09:00:00Z', 'booked'), { id: 'first' });
    expect(await runOn(world, job, '2026-12-22')).toMatchObject({ set: 0, failed: 0 });
    await world.store.update(book('2026-12-22T09:00:00Z', 'cancelled') as never);
    expect(await runOn(world, job, '2026-12-22')).toMatchObject({ set: 1, failed: 0 });
    await world.store.update(book('2026-12-29T09:00:00Z', 'booked') as never);
    expect(await runOn(world, job, '2026-12-23')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
  });
});

describe('a referral that is under way or on hold while nothing stands behind it', () => {
  const begun = async (status: 'in-progress' | 'on-hold') => {
    const task = await put(world, 'therapist', await refer(world), { status: 'accepted' });
    const statusReason = { text: 'She looks after her mother' };
    return put(world, 'therapist', task, { status, ...(status === 'on-hold' && { statusReason }) });
  };

  it.each(['in-progress', 'on-hold'] as const)(
    'is put before whoever accepted it after two weeks, and again when nothing came of it: %s',
    async (status) => {
      const { id } = await begun(status);
      expect(await runOn(world, job, '2026-12-03')).toMatchObject({ people: 1, set: 0, failed: 0 });
      expect(await runOn(world, job, '2026-12-04')).toMatchObject({ people: 1, set: 1, failed: 0 });
      expect(await runOn(world, job, '2027-03-01')).toMatchObject({ set: 0, takenBack: 0, failed: 0 });
      const first = `referral-left-open Practitioner/therapist Task/${id} 2026-12-11`;
      expect(await toldAll()).toEqual([`${first} requested`]);
      const [task] = await watchTasks(world);
      expect(task?.input?.map((each) => each.valueCodeableConcept?.coding?.[0]?.code)).toEqual([
        'plan-course',
        'end-with-next-step',
        'talk-with-person',
      ]);
      if (!task) throw new Error('no Task');
      await put(world, 'therapist', task, { status: 'completed' });
      expect(await runOn(world, job, '2026-12-17')).toMatchObject({ set: 0, failed: 0 });
      expect(await runOn(world, job, '2026-12-18')).toMatchObject({ set: 1, failed: 0 });
      expect(await errorsIn(world, ['Task'])).toEqual([]);
    },
  );

  it('is not asked about while a course runs or rests, and is when the course ended and the referral did not', async () => {
    const { carePlan } = await enroll(world);
    await put(world, 'therapist', await referralTask(world), { status: 'in-progress' });
    const sessions = (await world.all('ServiceRequest')).filter(({ requisition }) => requisition);
    const change = (status: string) => world.store.update({ ...carePlan, status } as never);
    expect(await runOn(world, job, '2027-01-20')).toMatchObject({ people: 0 });
    await change('on-hold');
    expect(await runOn(world, job, '2027-01-20')).toMatchObject({ people: 0 });
    await change('revoked');
    // Sessions that are still to come are something that stands behind it.
    expect(await runOn(world, job, '2027-02-10')).toMatchObject({ people: 1, set: 0, failed: 0 });
    for (const session of sessions) await world.store.update({ ...session, status: 'revoked' } as never);
    expect(await runOn(world, job, '2027-02-10')).toMatchObject({ people: 1, set: 1, failed: 0 });
    await change('active');
    expect(await runOn(world, job, '2027-02-11')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
  });

  it('is not asked about while an appointment lies ahead, nor when it has ended', async () => {
    const task = await begun('in-progress');
    const book = (start: string): Appointment => ({
      resourceType: 'Appointment',
      id: 'next',
      status: 'booked',
      start,
      end: start.replace('T09', 'T10'),
      basedOn: [{ reference: task.focus?.reference ?? '' }],
      participant: [{ actor: { reference: 'Patient/anna' }, status: 'accepted' }],
    });
    await world.store.create(book('2026-12-22T09:00:00Z'), { id: 'next' });
    expect(await runOn(world, job, '2026-12-22')).toMatchObject({ set: 0, failed: 0 });
    expect(await runOn(world, job, '2026-12-23')).toMatchObject({ set: 1, failed: 0 });
    await world.store.update({ ...task, status: 'completed' } as never);
    expect(await runOn(world, job, '2026-12-24')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
    expect((await watchTasks(world)).map(({ statusReason }) => statusReason?.text)).toEqual([
      'It begins, or another day was named, or the referral has ended',
    ]);
  });
});
