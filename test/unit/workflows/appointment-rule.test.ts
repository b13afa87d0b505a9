// Appointments of a referral: booked, not attended, cancelled. The referral tells it, somebody gets in touch, and nothing ends by itself.
import type { Appointment, Task } from '@medplum/fhirtypes';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, enroll, integer, put, refer, referralTask } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const appointment = (basedOn: string, changes: Partial<Appointment> = {}): Appointment => ({
  resourceType: 'Appointment',
  status: 'booked',
  start: '2026-11-20T08:00:00Z',
  end: '2026-11-20T08:45:00Z',
  basedOn: [{ reference: basedOn }],
  participant: ['Patient/anna', 'Practitioner/therapist'].map((reference) => ({
    actor: { reference },
    status: 'accepted',
  })),
  ...changes,
});

async function book(basedOn: string, changes: Partial<Appointment> = {}): Promise<Appointment> {
  const { result } = await createResource(world.contextOf('therapist'), appointment(basedOn, changes));
  if (result.kind !== 'created') throw new Error('not created');
  return result.version.resource() as Appointment;
}

async function turn(booked: Appointment, status: Appointment['status']): Promise<Appointment> {
  const next: Appointment = {
    ...booked,
    status,
    ...(status === 'cancelled' && { cancelationReason: { text: 'A bad day' } }),
  };
  const { result } = await updateResource(world.contextOf('therapist'), next, { mayCreate: false });
  return result.version.resource() as Appointment;
}

async function standing(task: Task): Promise<readonly (string | undefined)[]> {
  const found = (await world.all('Task')).find(({ id }) => id === task.id);
  return [found?.status, found?.businessStatus?.coding?.[0]?.code];
}

const calls = async () =>
  (await world.all('Task')).filter(({ code }) => code?.coding?.[0]?.code === 'get-in-touch');

async function accepted(): Promise<Task> {
  const task = await refer(world);
  return put(world, 'therapist', task, { status: 'accepted' });
}

describe('the intake', () => {
  it('when booked is told by the referral', async () => {
    const task = await accepted();
    await book(task.focus?.reference ?? '');
    expect(await standing(task)).toEqual(['accepted', 'scheduled']);
    expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'waitlist' }]);
    expect(await calls()).toEqual([]);
  });

  it('that was not attended ends nothing: the owner gets in touch within a time, once', async () => {
    const task = await accepted();
    const booked = await book(task.focus?.reference ?? '');
    const missed = await turn(booked, 'noshow');
    await turn(missed, 'noshow');
    expect(await standing(task)).toEqual(['accepted', 'unattended']);
    const [call, ...more] = await calls();
    expect(more).toEqual([]);
    expect(call).toMatchObject({
      owner: { reference: 'Practitioner/therapist' },
      focus: { reference: `Appointment/${booked.id}` },
      description:
        'The appointment did not take place, and nobody knows yet what came in between. Get in touch: ask how the person is, and which day and form would suit. The referral stays open.',
    });
    const { start = '', end = '' } = call?.restriction?.period ?? {};
    expect(Date.parse(end) - Date.parse(start)).toBe(72 * 3_600_000);
    expect(await world.all('ServiceRequest')).toMatchObject([{ status: 'active' }]);
    expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'waitlist' }]);
    await book(task.focus?.reference ?? '');
    expect(await standing(task)).toEqual(['accepted', 'scheduled']);
    expect(await errorsIn(world, ['Task', 'Appointment'])).toEqual([]);
  });

  it('that is written again while somebody is getting in touch asks for no second call', async () => {
    const booked = await book((await accepted()).focus?.reference ?? '');
    const cancelled = await turn(booked, 'cancelled');
    const [call] = await calls();
    await put(world, 'therapist', call as Task, { status: 'in-progress' });
    await turn(cancelled, 'noshow');
    expect(await calls()).toMatchObject([{ id: call?.id, status: 'in-progress' }]);
  });

  it('that was cancelled is told so, unless another one is booked', async () => {
    const task = await accepted();
    const first = await book(task.focus?.reference ?? '');
    const second = await book(task.focus?.reference ?? '');
    await turn(first, 'cancelled');
    expect(await standing(task)).toEqual(['accepted', 'scheduled']);
    expect(await calls()).toEqual([]);
    await turn(second, 'cancelled');
    expect(await standing(task)).toEqual(['accepted', 'event-cancelled']);
    expect(await calls()).toMatchObject([{ reasonCode: { text: 'A bad day' } }]);
  });
});

it('a session that was not attended is told by the running referral, which goes on', async () => {
  const { carePlan, sessions } = await enroll(world, integer('sessions', 6));
  await complete(world, carePlan, [integer('minutes', 30), integer('session', 1)]);
  const task = await referralTask(world);
  const booked = await book(`ServiceRequest/${sessions[1]?.id}`);
  await turn(booked, 'noshow');
  expect(await standing(task)).toEqual(['in-progress', 'unattended']);
  expect(await calls()).toHaveLength(1);
  await book(`ServiceRequest/${sessions[1]?.id}`);
  expect(await standing(task)).toEqual(['in-progress', 'course-started']);
});

it('an appointment that is based on no referral changes nothing', async () => {
  const task = await accepted();
  const { basedOn: _none, ...alone } = appointment('');
  await createResource(world.contextOf('therapist'), { ...alone, status: 'noshow' });
  expect(await standing(task)).toEqual(['accepted', 'accepted']);
  expect(await calls()).toEqual([]);
});
