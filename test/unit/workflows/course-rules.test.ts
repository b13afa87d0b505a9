// The parts of a course over plain REST: legal moves, reasons where support stops, and nothing typed that is derived.
import type { CarePlan, Goal, Resource, ServiceRequest, Task } from '@medplum/fhirtypes';
import {
  allowedCourseMoves,
  allowedGoalMoves,
  allowedHomeworkMoves,
  allowedSessionMoves,
} from '../../../src/course/course-moves.ts';
import { carePlanPause } from '../../../src/rest/operations/care-plan-pause.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import { complete, enroll, group, integer, string } from './course-steps.ts';
import { type ActorName, type CourseWorld, courseWorld, refusalOf } from './course-world.ts';

let world: CourseWorld;
let carePlan: CarePlan;
let sessions: readonly ServiceRequest[];
let goals: readonly Goal[];
beforeEach(async () => {
  world = await courseWorld();
  ({ carePlan, sessions, goals } = await enroll(world));
});
afterEach(() => world.close());

const reason = [
  {
    url: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
    valueCodeableConcept: { text: 'Holidays' },
  },
];

/** An update over plain REST, by the therapist unless said. */
const update = (resource: Resource, actor: ActorName = 'therapist') =>
  updateResource(world.contextOf(actor), resource, { mayCreate: false });

const refused = (diagnostics: string, expression: string) => ({
  status: 422,
  outcome: {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'business-rule', diagnostics, expression: [expression] }],
  },
});

const firstSession = (): ServiceRequest => {
  const [first] = sessions;
  if (!first) throw new Error('no session');
  return first;
};
const firstGoal = (): Goal => {
  const [first] = goals;
  if (!first) throw new Error('no goal');
  return first;
};

describe('a course', () => {
  it('pauses and goes on by operations that take everything along, not by a status that somebody writes', async () => {
    expect(await refusalOf(update({ ...carePlan, status: 'on-hold' }))).toEqual(
      refused(
        'a course is paused with POST CarePlan/[id]/$pause, which takes its sessions, the referral and what is tried at home along',
        'CarePlan.status',
      ),
    );
    await world.call(
      carePlanPause,
      'therapist',
      carePlan.id ?? '',
      [
        { name: 'until', valueDate: '2027-01-08' },
        string('reasonText', 'A flare'),
        { name: 'agreed', valueBoolean: true },
      ],
      undefined,
      carePlan.meta?.versionId,
    );
    expect(await refusalOf(complete(world, carePlan, [integer('minutes', 30)]))).toEqual(
      refused(`CarePlan/${carePlan.id} is on-hold: only a running course has sessions`, 'CarePlan.status'),
    );
    const [paused] = await world.all('CarePlan');
    if (!paused) throw new Error('no plan');
    expect(await refusalOf(update({ ...paused, status: 'active' }))).toEqual(
      refused(
        'a course goes on with POST CarePlan/[id]/$resume, which sets all its dates anew',
        'CarePlan.status',
      ),
    );
    const resting = (await world.all('ServiceRequest')).find(({ status }) => status === 'on-hold');
    if (!resting) throw new Error('no session rests');
    expect(await refusalOf(update({ ...resting, status: 'revoked' }))).toEqual(
      refused(
        'a session that becomes revoked needs a reason: extension http://hl7.org/fhir/StructureDefinition/request-statusReason',
        'ServiceRequest.extension',
      ),
    );
  });

  it('that is revoked takes what was planned along, with its reason', async () => {
    const held = (await complete(world, carePlan, [integer('minutes', 30)])).status;
    expect(held).toBe(201);
    await update({
      ...carePlan,
      status: 'revoked',
      extension: [...(carePlan.extension ?? []), ...reason],
    });
    const planned = (await world.all('ServiceRequest')).filter(({ requisition }) => requisition);
    expect(planned.map(({ status }) => status).toSorted()).toEqual([
      'completed',
      ...Array.from({ length: 5 }, () => 'revoked'),
    ]);
    for (const session of planned.filter(({ status }) => status === 'revoked')) {
      expect(session.extension).toEqual(expect.arrayContaining(reason));
    }
    const orders = await world.all('RequestGroup');
    expect(orders.map(({ intent, status }) => `${intent} ${status}`).toSorted()).toEqual([
      'plan revoked',
      'proposal active',
    ]);
    const due = (await world.all('Task')).filter(
      ({ code }) => code?.coding?.[0]?.code === 'questionnaire-due',
    );
    expect(due.some(({ status }) => status === 'cancelled')).toBe(true);
  });

  it('is not complete while sessions are open, and does not go back to draft', async () => {
    const open = sessions.map(({ id }) => `ServiceRequest/${id}`).join(', ');
    expect(await refusalOf(update({ ...carePlan, status: 'completed' }))).toEqual(
      refused(
        `6 planned sessions are still open: record them, or set them to revoked with a reason (${open})`,
        'CarePlan.status',
      ),
    );
    expect(await refusalOf(update({ ...carePlan, status: 'draft' }))).toEqual(
      refused(
        'a course cannot go from active to draft; allowed: on-hold, completed, revoked, entered-in-error',
        'CarePlan.status',
      ),
    );
  });
});

describe('a session', () => {
  it('is dropped with a reason, and held only by its record', async () => {
    expect(await refusalOf(update({ ...firstSession(), status: 'revoked' }))).toEqual(
      refused(
        'a session that becomes revoked needs a reason: extension http://hl7.org/fhir/StructureDefinition/request-statusReason',
        'ServiceRequest.extension',
      ),
    );
    expect(await refusalOf(update({ ...firstSession(), status: 'completed' }))).toEqual(
      refused(
        'a session that was held is recorded with POST CarePlan/[id]/$session-complete',
        'ServiceRequest.status',
      ),
    );
    const extension = [...(firstSession().extension ?? []), ...reason];
    const { result } = await update({ ...firstSession(), status: 'revoked', extension });
    expect(result.version.versionId).toBe('2');
  });
});

describe('a referral', () => {
  it('gets no performer and no status but by its Tasks', async () => {
    const request = (await world.all('ServiceRequest')).find(({ requisition }) => !requisition);
    if (!request) throw new Error('no referral');
    const other: ServiceRequest = { ...request, performer: [{ reference: 'Practitioner/other-therapist' }] };
    expect(await refusalOf(update(other, 'gp'))).toEqual(
      refused(
        'performer of a referral follows from its coordination Tasks: update those',
        'ServiceRequest.performer',
      ),
    );
    expect((await refusalOf(update({ ...request, status: 'revoked' }, 'gp'))).status).toBe(422);
    expect((await update({ ...request, patientInstruction: 'Bring nothing' }, 'gp')).result.created).toBe(
      false,
    );
  });
});

describe('a goal', () => {
  it('has an achievement that nobody types', async () => {
    const achieved: Goal = {
      ...firstGoal(),
      achievementStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/goal-achievement', code: 'achieved' }],
      },
    };
    expect(await refusalOf(update(achieved))).toEqual(
      refused(
        'achievementStatus follows from the scores: record them with POST CarePlan/[id]/$session-complete',
        'Goal.achievementStatus',
      ),
    );
  });

  it('moves as the table says', async () => {
    expect(await refusalOf(update({ ...firstGoal(), lifecycleStatus: 'proposed' }))).toEqual(
      refused(
        'a goal cannot go from active to proposed; allowed: on-hold, completed, cancelled, entered-in-error',
        'Goal.lifecycleStatus',
      ),
    );
    expect((await update({ ...firstGoal(), lifecycleStatus: 'completed' })).result.created).toBe(false);
  });
});

describe('homework', () => {
  it('is moved by the patient, as the table says', async () => {
    await complete(world, carePlan, [
      integer('minutes', 30),
      group('homework', string('description', 'Breathing exercise')),
    ]);
    const task = (await world.all('Task')).find(({ code }) => code?.coding?.[0]?.code === 'homework');
    if (!task) throw new Error('no homework');
    const done: Task = { ...task, status: 'completed' };
    await update(done, 'patient');
    expect(await refusalOf(update({ ...done, status: 'in-progress' }, 'patient'))).toEqual(
      refused('homework cannot go from completed to in-progress; allowed: entered-in-error', 'Task.status'),
    );
  });
});

describe('the state tables', () => {
  it('leave nothing final but what was entered in error', () => {
    expect(allowedCourseMoves('completed')).toEqual(['entered-in-error']);
    expect(allowedCourseMoves('entered-in-error')).toEqual([]);
    expect(allowedSessionMoves('revoked')).toEqual(['entered-in-error']);
    expect(allowedGoalMoves('rejected')).toEqual(['entered-in-error']);
    expect(allowedHomeworkMoves('failed')).toEqual(['entered-in-error']);
  });
});
