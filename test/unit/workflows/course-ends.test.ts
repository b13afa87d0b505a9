// A course that ends: what was asked of the person in it ends too, and the course says who has the next step.
import type { CarePlan, CareTeam, Goal, Parameters, Resource, Task } from '@medplum/fhirtypes';
import { extensionUrl } from '../../../src/course/course-codes.ts';
import { isCoordinationTask } from '../../../src/course/referral/referral-resources.ts';
import { asItIs, saidIn, saidParameter } from '../../../src/course/said.ts';
import { carePlanCourse } from '../../../src/rest/operations/care-plan-course.ts';
import { planDefinitionEnroll } from '../../../src/rest/operations/plan-definition-enroll.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, enroll, goal, group, integer, put, reference, string } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan } = await enroll(world, integer('sessions', 6)));
  await complete(world, carePlan, [
    integer('session', 1),
    integer('minutes', 30),
    group('homework', string('description', 'Walk to the corner')),
  ]);
});
afterEach(() => world.close());

const tasksOf = async (code: string): Promise<readonly Task[]> =>
  (await world.all('Task')).filter((task) => task.code?.coding?.some((coding) => coding.code === code));

async function endEarly(): Promise<void> {
  const task = (await world.all('Task')).find(isCoordinationTask);
  if (!task) throw new Error('no referral');
  await put(world, 'therapist', task, { status: 'failed', statusReason: { text: 'Other care is needed' } });
}

it('early: nothing to try and nothing to fill in stays open but the contacts of later months, dated from the last session held', async () => {
  await endEarly();
  expect(await tasksOf('homework')).toMatchObject([
    { status: 'cancelled', statusReason: { text: 'The course has ended. Whatever helps may go on.' } },
  ]);
  const open = (await tasksOf('questionnaire-due')).filter(({ status }) => status === 'requested');
  expect(open.map(({ description, executionPeriod }) => [description, executionPeriod?.start])).toEqual([
    ['PHQ-15 at 3 months', '2027-02-20'],
    ['PHQ-15 at 12 months', '2027-11-20'],
  ]);
  const order = (await world.all('RequestGroup')).find(({ intent }) => intent === 'plan');
  expect(order?.status).toBe('revoked');
  expect(await errorsIn(world, ['Task', 'RequestGroup', 'CarePlan'])).toEqual([]);
});

it('the next step is the Task of the one who has it, for as long as it is open', async () => {
  await endEarly();
  const next = async () => {
    const { resource } = await world.call(carePlanCourse, 'therapist', carePlan.id ?? '', []);
    return (resource as Parameters).parameter?.find(({ name }) => name === 'next')?.part;
  };
  const [task] = await tasksOf('next-step');
  if (!task) throw new Error('nobody has the next step');
  expect(await next()).toEqual([
    saidParameter('text', saidIn(task, 'description') ?? asItIs('')),
    { name: 'owner', valueReference: { reference: 'Practitioner/gp' } },
    { name: 'about', valueReference: { reference: `Task/${task.id}` } },
    { name: 'due', valueDate: '2026-11-27' },
  ]);
  await put(world, 'gp', task, { status: 'completed' });
  expect((await next())?.[1]).toEqual({
    name: 'owner',
    valueReference: { reference: 'Practitioner/therapist' },
  });
});

/** The referral is over before anything was held. */
const withdraw = async (): Promise<void> => {
  const [task] = await tasksOf('referral');
  if (!task) throw new Error('no referral');
  await world.store.update({ ...task, status: 'accepted' }, { ifMatch: task.meta?.versionId ?? '' });
  await put(world, 'gp', task, { status: 'cancelled', statusReason: { text: 'Not now' } });
};

const completeAll = async (): Promise<void> => {
  for (const session of [2, 3, 4, 5, 6]) {
    await complete(world, carePlan, [integer('session', session), integer('minutes', 30)]);
  }
};

const moveReferral = async (changes: Partial<Task>): Promise<void> => {
  const [task] = await tasksOf('referral');
  if (!task) throw new Error('no referral');
  await put(world, 'therapist', task, changes);
};

const stored = async <T extends Resource>(type: T['resourceType'], id: string | undefined): Promise<T> => {
  const read = await world.store.read<T>(type, id ?? '');
  if (read.kind !== 'found') throw new Error(`no ${type}/${id}`);
  return read.version.resource();
};

const putPlan = async (status: CarePlan['status'], plan = carePlan): Promise<void> => {
  const current = await stored<CarePlan>('CarePlan', plan.id);
  const reason = { url: extensionUrl.statusReason, valueCodeableConcept: { text: 'Other care is needed' } };
  const next: CarePlan = { ...current, status, extension: [...(current.extension ?? []), reason] };
  await updateResource(world.contextOf('therapist'), next, { mayCreate: false });
};

/** An appointment for a session that lies ahead, and one for the first talk. */
async function bookTwo(): Promise<void> {
  const [task] = await tasksOf('referral');
  const ahead = (await world.all('ServiceRequest')).find(
    ({ status, requisition }) => requisition && status === 'active',
  );
  const based = { 'first-talk': task?.focus?.reference, session: `ServiceRequest/${ahead?.id}` };
  for (const [id, request] of Object.entries(based)) {
    await world.store.create(
      {
        resourceType: 'Appointment',
        status: 'booked',
        start: '2026-12-10T09:00:00Z',
        end: '2026-12-10T09:45:00Z',
        basedOn: [{ reference: request ?? '' }],
        participant: [{ actor: { reference: 'Patient/anna' }, status: 'accepted' }],
      },
      { id },
    );
  }
}

interface Way {
  readonly go: () => Promise<void>;
  readonly plan: CarePlan['status'];
  readonly goal: Goal['lifecycleStatus'];
  readonly team: CareTeam['status'];
  readonly episode: string;
  readonly appointments: readonly string[];
}

const ways: Readonly<Record<string, Way>> = {
  'is completed by the referral': {
    go: async () => {
      await completeAll();
      await moveReferral({ status: 'completed' });
    },
    plan: 'completed',
    goal: 'on-hold',
    team: 'inactive',
    episode: 'finished',
    appointments: ['booked', 'booked'],
  },
  'ends early by the referral': {
    go: endEarly,
    plan: 'revoked',
    goal: 'on-hold',
    team: 'inactive',
    episode: 'finished',
    appointments: ['booked', 'cancelled'],
  },
  'moves on: the referral is completed early': {
    go: () =>
      moveReferral({
        status: 'completed',
        businessStatus: {
          coding: [
            { system: 'https://w3id.org/alongside/fhir/CodeSystem/referral-status', code: 'ended-early' },
          ],
        },
        statusReason: { text: 'Goes on in secondary care' },
      }),
    plan: 'revoked',
    goal: 'on-hold',
    team: 'inactive',
    episode: 'finished',
    appointments: ['booked', 'cancelled'],
  },
  'is withdrawn': {
    go: withdraw,
    plan: 'revoked',
    goal: 'on-hold',
    team: 'inactive',
    episode: 'cancelled',
    appointments: ['cancelled', 'cancelled'],
  },
  'was never meant, as its referral': {
    go: () =>
      moveReferral({ status: 'entered-in-error', statusReason: { text: 'Another person was meant' } }),
    plan: 'entered-in-error',
    goal: 'entered-in-error',
    team: 'entered-in-error',
    episode: 'entered-in-error',
    appointments: ['cancelled', 'cancelled'],
  },
  'is completed by its plan, and the referral asks for its letter': {
    go: async () => {
      await completeAll();
      await putPlan('completed');
    },
    plan: 'completed',
    goal: 'on-hold',
    team: 'inactive',
    episode: 'active',
    appointments: ['booked', 'booked'],
  },
  'is revoked by its plan, and the referral asks for its letter': {
    go: () => putPlan('revoked'),
    plan: 'revoked',
    goal: 'on-hold',
    team: 'inactive',
    episode: 'active',
    appointments: ['booked', 'cancelled'],
  },
  'was never meant, as its plan': {
    go: () => putPlan('entered-in-error'),
    plan: 'entered-in-error',
    goal: 'entered-in-error',
    team: 'entered-in-error',
    episode: 'active',
    appointments: ['booked', 'cancelled'],
  },
};

it.each(Object.entries(ways))(
  'that %s leaves nothing open, and its goals to the person',
  async (_way, way) => {
    await bookTwo();
    await way.go();
    const [ended, goals, teams, episodes] = [
      await stored<CarePlan>('CarePlan', carePlan.id),
      await world.all('Goal'),
      await world.all('CareTeam'),
      await world.all('EpisodeOfCare'),
    ];
    const appointments = (await world.all('Appointment')).toSorted((a, b) =>
      (a.id ?? '').localeCompare(b.id ?? ''),
    );
    expect({
      plan: ended.status,
      order: (await world.all('RequestGroup')).find(({ intent }) => intent === 'plan')?.status,
      sessions: (await world.all('ServiceRequest'))
        .filter(({ requisition }) => requisition)
        .filter(({ status }) => ['draft', 'active', 'on-hold'].includes(status)),
      homework: (await tasksOf('homework')).map(({ status }) => status),
      goals: goals.map(({ lifecycleStatus }) => lifecycleStatus),
      teams: teams.map(({ status }) => status),
      episodes: episodes.map(({ status }) => status),
      appointments: appointments.map(({ status }) => status),
    }).toEqual({
      plan: way.plan,
      order: way.plan,
      sessions: [],
      homework: ['cancelled'],
      goals: [way.goal],
      teams: [way.team],
      episodes: [way.episode],
      appointments: way.appointments,
    });
    const next = (await tasksOf('next-step')).filter(({ status }) => status === 'requested');
    expect(
      next.map(({ owner, input }) => [Boolean(owner?.reference), input?.map((each) => each.valueReference)]),
    ).toEqual([[true, way.goal === 'on-hold' ? [{ reference: `Goal/${goals[0]?.id}` }] : undefined]]);
    expect(
      await errorsIn(world, [
        'Task',
        'RequestGroup',
        'CarePlan',
        'CareTeam',
        'Goal',
        'EpisodeOfCare',
        'Appointment',
      ]),
    ).toEqual([]);
  },
);

it('its goals say in words to the person that they stay theirs, and a goal that was reached is completed', async () => {
  const [first] = await world.all('Goal');
  await complete(world, carePlan, [
    integer('session', 2),
    integer('minutes', 30),
    group('goalProgress', reference('goal', `Goal/${first?.id}`), integer('gas', 1)),
  ]);
  await putPlan('revoked');
  const [after] = await world.all('Goal');
  expect(after).toMatchObject({ lifecycleStatus: 'completed', statusDate: '2026-11-20' });
  expect(after?.statusReason).toBeUndefined();
  const [step] = await tasksOf('next-step');
  expect(step).toMatchObject({ owner: { reference: 'Practitioner/therapist' }, status: 'requested' });
  expect(step?.input).toBeUndefined();
});

it('a goal on hold goes on with one move, which anybody who treats the person may make', async () => {
  await endEarly();
  const [rests] = await world.all('Goal');
  expect(rests?.statusReason).toBe(
    'The course in which this goal was worked on has ended. The goal stays your own; whether and how it goes on is talked over with you in the next step.',
  );
  if (!rests) throw new Error('no goal');
  const { statusReason: _reason, ...rest } = rests;
  await updateResource(world.contextOf('gp'), { ...rest, lifecycleStatus: 'active' }, { mayCreate: false });
  expect((await world.all('Goal'))[0]?.lifecycleStatus).toBe('active');
});

it('a course without a referral ends with its episode, and the therapist still sees the person', async () => {
  await putPlan('revoked');
  await world.call(planDefinitionEnroll, 'therapist', 'psychosomatic-therapy', [
    reference('subject', 'Patient/anna'),
    string('noReferralReason', 'Came by herself'),
    goal('Sleep through'),
  ]);
  const second = (await world.all('CarePlan')).find(({ status }) => status === 'active');
  if (!second) throw new Error('no second course');
  await putPlan('revoked', second);
  const episodes = (await world.all('EpisodeOfCare')).map(({ status, period }) => [
    status,
    Boolean(period?.end),
  ]);
  expect(episodes).toEqual([
    ['active', false],
    ['finished', true],
  ]);
  await expect(world.call(carePlanCourse, 'therapist', second.id ?? '', [])).resolves.toMatchObject({
    status: 200,
  });
});

it('a team and a goal that another running course has go on', async () => {
  const { id: _id, meta: _meta, ...plan } = carePlan;
  await world.store.create({ ...plan, identifier: [] }, { id: 'another-course' });
  await putPlan('revoked');
  expect((await world.all('CareTeam')).map(({ status }) => status)).toEqual(['active']);
  expect((await world.all('Goal')).map(({ lifecycleStatus }) => lifecycleStatus)).toEqual(['active']);
});
