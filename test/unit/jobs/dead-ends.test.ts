// Nobody in support is left without a next step and an owner: referrals that nobody takes, courses that ended into nothing, Tasks
// without an owner, alarms whose time has passed.
import type { Patient, Practitioner, Task } from '@medplum/fhirtypes';
import { patientRefer } from '../../../src/rest/operations/patient-refer.ts';
import { enroll, put, refer, reference } from '../workflows/course-steps.ts';
import type { CourseWorld } from '../workflows/course-world.ts';
import { courseWorld, errorsIn } from '../workflows/course-world.ts';
import { runOn, told, watchTasks } from './job-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const toldAll = async () => (await watchTasks(world)).map(told);
const course = 'https://w3id.org/alongside/fhir/CodeSystem/course';
const declined: Partial<Task> = {
  status: 'rejected',
  statusReason: { text: 'Full until spring' },
  output: [
    { type: { coding: [{ system: course, code: 'alternative' }] }, valueString: 'The practice next door' },
  ],
};

const nextSteps = async () =>
  (await world.all('Task')).filter(({ code }) => code?.coding?.some((coding) => coding.code === 'next-step'));

describe('a referral that everybody has declined', () => {
  const sweep = (day: string) => runOn(world, 'sweep-dead-ends', day);

  it('is left alone while somebody has the next step, and put before whoever referred when that was closed with nothing', async () => {
    const referral = await refer(world);
    await put(world, 'therapist', referral, declined);
    expect(await sweep('2026-12-20')).toMatchObject({ set: 0, failed: 0 });
    const [step] = await nextSteps();
    if (!step) throw new Error('no next step');
    await put(world, 'gp', step, { status: 'completed' });
    expect(await sweep('2026-12-21')).toMatchObject({ set: 1, failed: 0 });
    expect(await sweep('2026-12-22')).toMatchObject({ set: 0, takenBack: 0 });
    expect(await toldAll()).toEqual([
      `no-next-step Practitioner/gp ${referral.focus?.reference} 2026-12-24 requested`,
    ]);
    // Another therapist is asked: it goes on.
    await world.call(patientRefer, 'gp', 'anna', [
      reference('referral', referral.focus?.reference ?? ''),
      reference('owner', 'Practitioner/other-therapist'),
    ]);
    expect(await sweep('2026-12-23')).toMatchObject({ set: 0, takenBack: 1, failed: 0 });
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });
});

describe('a course that ended', () => {
  it('asks the therapist for the letter, and the one who referred for a next step only when nobody ever had one', async () => {
    await enroll(world);
    const referral = (await world.all('Task')).find(({ status }) => status === 'accepted');
    if (!referral) throw new Error('no referral');
    const [carePlan] = await world.all('CarePlan');
    // As a system that knows no referral ends it.
    await world.store.update({
      ...carePlan,
      status: 'revoked',
      period: { start: '2026-11-20', end: '2026-12-01' },
    } as never);
    expect(await runOn(world, 'sweep-dead-ends', '2026-12-07')).toMatchObject({ set: 0, failed: 0 });
    expect(await runOn(world, 'sweep-dead-ends', '2026-12-08')).toMatchObject({ set: 2, failed: 0 });
    expect(await runOn(world, 'sweep-dead-ends', '2027-12-08')).toMatchObject({ set: 0, takenBack: 0 });
    const about = `CarePlan/${carePlan?.id}`;
    expect((await toldAll()).toSorted()).toEqual([
      `closing-letter-due Practitioner/therapist ${about} 2026-12-15 requested`,
      `no-next-step Practitioner/gp ${about} 2026-12-15 requested`,
    ]);
    await world.store.create({
      resourceType: 'DocumentReference',
      status: 'current',
      type: { coding: [{ system: 'http://loinc.org', code: '34133-9' }] },
      subject: { reference: 'Patient/anna' },
      date: '2026-12-09T10:00:00Z',
      content: [{ attachment: { url: 'urn:uuid:0' } }],
    });
    expect(await runOn(world, 'sweep-dead-ends', '2026-12-10')).toMatchObject({ set: 0, takenBack: 1 });
  });
});

describe('a Task without an owner', () => {
  const lonely = (id: string, patient: string): Task & { id: string } => ({
    resourceType: 'Task',
    id,
    status: 'requested',
    intent: 'order',
    for: { reference: `Patient/${patient}` },
    authoredOn: '2026-11-20T09:00:00Z',
  });

  it('is put before the general practitioner, and is itself what is found where the record names none', async () => {
    const nobody: Patient = { resourceType: 'Patient', id: 'nobody' };
    await world.store.create(nobody, { id: 'nobody' });
    for (const patient of ['anna', 'nobody']) {
      await world.store.create(lonely(`of-${patient}`, patient), { id: `of-${patient}` });
    }
    expect(await runOn(world, 'sweep-dead-ends', '2026-11-21')).toMatchObject({
      people: 2,
      set: 1,
      failed: 0,
    });
    expect(await runOn(world, 'sweep-dead-ends', '2026-11-22')).toMatchObject({ set: 0 });
    expect(await toldAll()).toEqual(['no-next-step Practitioner/gp Task/of-anna 2026-11-23 requested']);
    await put(world, 'system', lonely('of-anna', 'anna'), { owner: { reference: 'Practitioner/gp' } });
    expect(await runOn(world, 'sweep-dead-ends', '2026-11-23')).toMatchObject({ set: 0, takenBack: 1 });
  });
});

describe('an alarm whose time has passed', () => {
  const alarm: Task & { id: string } = {
    resourceType: 'Task',
    id: 'alarm',
    status: 'requested',
    intent: 'order',
    code: {
      coding: [
        { system: 'https://w3id.org/alongside/fhir/CodeSystem/safety-check', code: 'thoughts-of-self-harm' },
      ],
    },
    for: { reference: 'Patient/anna' },
    authoredOn: '2026-12-01T08:00:00Z',
    owner: { reference: 'Practitioner/gp' },
    restriction: { period: { start: '2026-12-01T08:00:00Z', end: '2026-12-01T12:00:00Z' } },
  };
  const look = (day: string) => runOn(world, 'escalate-alarms', day);

  it('goes to whoever carries the course, then to nobody by name so that it is found, and never twice to one', async () => {
    await enroll(world);
    await world.store.create(alarm, { id: 'alarm' });
    // Eleven o'clock: still in time.
    expect(await look('2026-12-01')).toMatchObject({ people: 1, set: 0, failed: 0 });
    expect(await look('2026-12-02')).toMatchObject({ set: 1 });
    expect(await look('2026-12-02')).toMatchObject({ set: 0 });
    expect(await look('2026-12-03')).toMatchObject({ set: 1 });
    expect(await look('2026-12-04')).toMatchObject({ set: 0 });
    expect(await toldAll()).toEqual([
      'alarm-waiting Practitioner/therapist Task/alarm 2026-12-02 requested',
      'alarm-waiting nobody Task/alarm 2026-12-03 requested',
    ]);
    expect((await watchTasks(world)).map(({ priority }) => priority)).toEqual(['asap', 'asap']);
    await put(world, 'system', alarm, { status: 'completed' });
    expect(await look('2026-12-04')).toMatchObject({ set: 0, takenBack: 2 });
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });

  it('is not put before a general practitioner who has stopped working, with or without an owner of its own', async () => {
    await world.store.update<Practitioner>({ resourceType: 'Practitioner', id: 'gp', active: false });
    const { owner: _owner, ...unowned } = alarm;
    await world.store.create({ ...alarm, owner: { reference: 'Practitioner/therapist' } }, { id: 'alarm' });
    await world.store.create({ ...unowned, id: 'lonely' }, { id: 'lonely' });
    await look('2026-12-02');
    expect(await runOn(world, 'sweep-dead-ends', '2026-12-03')).toMatchObject({ set: 0, failed: 0 });
    expect((await toldAll()).filter((each) => each.includes('Practitioner/gp'))).toEqual([]);
    expect(await toldAll()).toContain('alarm-waiting nobody Task/alarm 2026-12-02 requested');
  });
});
