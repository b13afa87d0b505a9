// A referral's Task over plain REST: every pair of statuses, who may move, what a move brings about, and no dead ends.
import type { Task } from '@medplum/fhirtypes';
import { allowedMoves, mayMove, type TaskStatus } from '../../../src/course/referral/referral-moves.ts';
import { coordinationTask, referralRequest } from '../../../src/course/referral/referral-resources.ts';
import { createResource } from '../../../src/workflows/resources/create-resource.ts';
import { complete, enroll, integer, letter, put, refer, referralTask } from './course-steps.ts';
import { type CourseWorld, courseWorld, errorsIn, refusalOf } from './course-world.ts';

let world: CourseWorld;
beforeEach(async () => {
  world = await courseWorld();
});
afterEach(() => world.close());

const statuses = [
  'draft',
  'requested',
  'received',
  'accepted',
  'rejected',
  'ready',
  'cancelled',
  'in-progress',
  'on-hold',
  'failed',
  'completed',
  'entered-in-error',
] as const satisfies readonly TaskStatus[];

const system = 'https://w3id.org/alongside/fhir/CodeSystem/course';
const alternative: NonNullable<Task['output']> = [
  { type: { coding: [{ system, code: 'alternative' }] }, valueString: 'The group programme in spring' },
];
const statusReason = { text: 'No place before summer' };

const refused = (diagnostics: string, expression: string, code = 'business-rule') => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, diagnostics, expression: [expression] }],
});

/** A referral Task that is in this status already. */
async function taskIn(status: TaskStatus): Promise<Task> {
  const { newId } = world.contextOf('system');
  const request = referralRequest(newId(), {
    patient: 'Patient/anna',
    requester: 'Practitioner/gp',
    authoredOn: '2026-11-20T09:00:00Z',
    explanationGiven: true,
    supportingInfo: [],
    identifiers: [],
  });
  await world.store.create(request, { id: request.id ?? '' });
  const task = coordinationTask(newId(), {
    referral: `ServiceRequest/${request.id}`,
    patient: 'Patient/anna',
    requester: 'Practitioner/gp',
    owner: 'Practitioner/therapist',
    authoredOn: '2026-11-20T09:00:00Z',
  });
  const { businessStatus: _sent, ...bare } = task;
  const stored = await world.store.create<Task>({ ...bare, status }, { id: task.id ?? '' });
  return stored.resource();
}

describe('every pair of statuses', () => {
  it.each(statuses.flatMap((from) => statuses.filter((to) => to !== from).map((to) => [from, to] as const)))(
    '%s to %s',
    async (from, to) => {
      const task = await taskIn(from);
      const move = put(world, 'system', task, {
        status: to,
        statusReason,
        output: [...alternative, await letter(world)],
      });
      if (mayMove(from, to)) {
        expect((await move).status).toBe(to);
        return;
      }
      const allowed = allowedMoves(from);
      expect(await refusalOf(move)).toEqual({
        status: 422,
        outcome: refused(
          allowed.length > 0
            ? `a referral Task cannot go from ${from} to ${to}; allowed: ${allowed.join(', ')}`
            : `a referral Task cannot go from ${from} to ${to}; allowed: none, ${from} is final`,
          'Task.status',
        ),
      });
    },
  );
});

describe('accepting', () => {
  it('gives the request its performer, begins the wait, and closes the other candidates', async () => {
    const task = await refer(world, 'anna', ['therapist', 'other-therapist']);
    const accepted = await put(world, 'therapist', task, { status: 'accepted' });
    expect(accepted.businessStatus?.coding?.[0]?.code).toBe('accepted');
    const [request] = await world.all('ServiceRequest');
    expect(request?.performer).toEqual([{ reference: 'Practitioner/therapist' }]);
    expect(await world.all('EpisodeOfCare')).toMatchObject([
      {
        status: 'waitlist',
        patient: { reference: 'Patient/anna' },
        referralRequest: [{ reference: `ServiceRequest/${request?.id}` }],
        careManager: { reference: 'Practitioner/therapist' },
      },
    ]);
    const other = (await world.all('Task')).find(
      ({ owner }) => owner?.reference === 'Practitioner/other-therapist',
    );
    expect(other).toMatchObject({
      status: 'cancelled',
      statusReason: { text: 'Another candidate accepted the referral' },
    });
    expect(await errorsIn(world, ['Task', 'ServiceRequest', 'EpisodeOfCare'])).toEqual([]);
    const { store } = world.contextOf('otherTherapist');
    expect((await store.read('Patient', 'anna')).kind).toBe('missing');
  });

  it('is not for the one who asked, nor for a therapist who was not asked', async () => {
    const task = await refer(world, 'anna', ['therapist', 'other-therapist']);
    expect(await refusalOf(put(world, 'gp', task, { status: 'accepted' }))).toEqual({
      status: 403,
      outcome: refused(
        'a referral Task is moved to accepted by the performer only',
        'Task.status',
        'forbidden',
      ),
    });
    expect(await refusalOf(put(world, 'otherTherapist', task, { status: 'accepted' }))).toEqual({
      status: 403,
      outcome: refused('this referral was sent to Practitioner/therapist', 'Task.owner', 'forbidden'),
    });
  });
});

describe('declining', () => {
  it('needs a reason and another offer', async () => {
    const task = await refer(world);
    expect(
      await refusalOf(put(world, 'therapist', task, { status: 'rejected', output: alternative })),
    ).toEqual({
      status: 422,
      outcome: refused('a referral Task that becomes rejected needs a reason', 'Task.statusReason'),
    });
    expect(await refusalOf(put(world, 'therapist', task, { status: 'rejected', statusReason }))).toEqual({
      status: 422,
      outcome: refused(
        'declining needs another offer: add an output of type "alternative" (code system https://w3id.org/alongside/fhir/CodeSystem/course) with a Reference or a text',
        'Task.output',
      ),
    });
  });

  it('hands the next step to the one who asked, and takes the record from the one who declined', async () => {
    const task = await refer(world);
    const { store } = world.contextOf('therapist');
    expect((await store.read('Patient', 'anna')).kind).toBe('found');
    const declined = await put(world, 'therapist', task, {
      status: 'rejected',
      statusReason,
      output: alternative,
    });
    expect(declined.businessStatus?.coding?.[0]?.code).toBe('declined');
    expect((await store.read('Patient', 'anna')).kind).toBe('missing');
    const next = (await world.all('Task')).find(({ id }) => id !== task.id);
    expect(next).toMatchObject({
      status: 'requested',
      owner: { reference: 'Practitioner/gp' },
      focus: task.focus,
      reasonCode: statusReason,
      description:
        'The offer was declined. Another offer: The group programme in spring. Ask a further candidate, take up the other offer, or talk it over with the patient.',
    });
    const [request] = await world.all('ServiceRequest');
    expect(request?.status).toBe('active');
    expect(request?.performer).toBeUndefined();
    expect(await errorsIn(world, ['Task'])).toEqual([]);
  });
});

describe('what a referral is about', () => {
  it.each([
    ['focus', { focus: { reference: 'ServiceRequest/another' } }],
    ['for', { for: { reference: 'Patient/bert' } }],
    ['requester', { requester: { reference: 'Practitioner/therapist' } }],
  ] as const)('%s may not change', async (element, change) => {
    const task = await refer(world);
    const { status, outcome } = await refusalOf(put(world, 'system', task, change));
    expect([status, outcome]).toEqual([
      422,
      refused(`${element} of a referral Task may not change`, `Task.${element}`),
    ]);
  });

  it('is not made by a plain POST', async () => {
    const task = await refer(world);
    const { id: _id, meta: _meta, ...copy } = task;
    const { status } = await refusalOf(createResource(world.contextOf('gp'), copy as Task, {}));
    expect(status).toBe(422);
  });

  it('means what its status says, or one of that status', async () => {
    const task = await refer(world);
    const accepted = await put(world, 'therapist', task, { status: 'accepted' });
    const coding = (code: string) => ({
      coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/referral-status', code }],
    });
    const booked = await put(world, 'therapist', accepted, { businessStatus: coding('scheduled') });
    expect(booked.businessStatus?.coding?.[0]?.code).toBe('scheduled');
    expect(
      await refusalOf(put(world, 'therapist', accepted, { businessStatus: coding('completed') })),
    ).toEqual({
      status: 422,
      outcome: refused(
        'businessStatus "completed" does not fit a Task that is accepted; allowed: accepted, scheduled, unattended, event-cancelled, cancel-requested',
        'Task.businessStatus',
      ),
    });
  });
});

describe('ending', () => {
  it('is final: the Task is not changed any more, and the same again changes nothing', async () => {
    const task = await refer(world);
    const statusReason = { text: 'She moves away' };
    const ended = await put(world, 'gp', task, { status: 'cancelled', statusReason });
    const later = put(world, 'gp', task, { note: [{ text: 'On second thoughts' }] });
    expect(await refusalOf(later)).toEqual({
      status: 422,
      outcome: refused(
        'this referral Task is cancelled, which is final: it cannot be changed any more',
        'Task.status',
      ),
    });
    const { meta: _meta, lastModified: _modified, ...content } = ended;
    expect(await put(world, 'gp', task, {})).toMatchObject(content);
  });

  it('a withdrawal by the one who asked closes request and episode', async () => {
    const task = await refer(world);
    await put(world, 'therapist', task, { status: 'accepted' });
    await put(world, 'gp', task, { status: 'cancelled', statusReason: { text: 'She moves away' } });
    expect(await world.all('ServiceRequest')).toMatchObject([{ status: 'revoked' }]);
    expect(await world.all('EpisodeOfCare')).toMatchObject([
      { status: 'cancelled', statusHistory: [{ status: 'planned' }, { status: 'waitlist' }] },
    ]);
    expect(await errorsIn(world, ['ServiceRequest', 'EpisodeOfCare', 'Task'])).toEqual([]);
  });

  it('is not complete while sessions are open', async () => {
    const { carePlan, sessions } = await enroll(world, integer('sessions', 6));
    await complete(world, carePlan, [integer('minutes', 30), integer('session', 1)]);
    const task = await referralTask(world);
    const open = sessions.slice(1).map(({ id }) => `ServiceRequest/${id}`);
    expect(await refusalOf(put(world, 'therapist', task, { status: 'completed' }))).toEqual({
      status: 422,
      outcome: refused(
        `5 planned sessions are still open: complete them, or set them to revoked with a reason (${open.join(', ')})`,
        'Task.status',
      ),
    });
  });

  it('completed closes plan, request and episode and hands a next step to the one who asked', async () => {
    const { carePlan, sessions } = await enroll(world, integer('sessions', 6));
    for (const [index] of sessions.entries()) {
      await complete(world, carePlan, [integer('minutes', 30), integer('session', index + 1)]);
    }
    const task = await referralTask(world);
    await put(world, 'therapist', task, { status: 'completed' });
    expect(await world.all('CarePlan')).toMatchObject([{ status: 'completed' }]);
    expect(await world.all('EpisodeOfCare')).toMatchObject([{ status: 'finished' }]);
    const requests = await world.all('ServiceRequest');
    expect(new Set(requests.map(({ status }) => status))).toEqual(new Set(['completed']));
    expect(
      (await world.all('Task')).find(({ code }) => code?.coding?.[0]?.code === 'next-step'),
    ).toMatchObject({
      status: 'requested',
      owner: { reference: 'Practitioner/gp' },
      description:
        'The course is completed. Plan a conversation with the patient about what it brought and what follows.',
    });
    expect(await errorsIn(world, ['CarePlan', 'ServiceRequest', 'EpisodeOfCare', 'Task'])).toEqual([]);
  });

  it('failed drops the sessions that were left, with the reason', async () => {
    const { carePlan } = await enroll(world, integer('sessions', 6));
    await complete(world, carePlan, [integer('minutes', 30), integer('session', 1)]);
    const task = await referralTask(world);
    await put(world, 'therapist', task, {
      status: 'failed',
      statusReason: { text: 'She found it too much' },
    });
    const requests = (await world.all('ServiceRequest')).filter(({ requisition }) => requisition);
    expect(requests.map(({ status }) => status).toSorted()).toEqual([
      'completed',
      'revoked',
      'revoked',
      'revoked',
      'revoked',
      'revoked',
    ]);
    expect(requests.find(({ status }) => status === 'revoked')?.extension).toContainEqual({
      url: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
      valueCodeableConcept: { text: 'She found it too much' },
    });
    expect(await world.all('CarePlan')).toMatchObject([{ status: 'revoked' }]);
  });
});
