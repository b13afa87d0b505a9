// What an appointment means for the referral that it is based on: booked, not attended, cancelled. None of them ends a referral; somebody gets in touch.
import type { Appointment, CodeableConcept, Task } from '@medplum/fhirtypes';
import { hasCourseCode } from '../../course/course-codes.ts';
import { hasBegun } from '../../course/period-stands.ts';
import { meaningsOf, type ReferralStatus } from '../../course/referral/referral-moves.ts';
import { businessStatus, businessStatusCode } from '../../course/referral/referral-resources.ts';
import { businessRule } from '../../fhir/error.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { updateChecked } from '../resources/write-checked.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { giveDuty } from '../watch/give-duty.ts';
import { contactMade } from './contact-made.ts';
import { coordinationTasksOf } from './coordination-tasks.ts';

export const appointmentRule: WriteRule = {
  beforeCreate(context, resource) {
    if (resource.resourceType === 'Appointment') refuseMissedAhead(context, resource);
    return undefined;
  },
  beforeUpdate(context, _current, next) {
    if (next.resourceType === 'Appointment') refuseMissedAhead(context, next);
    return undefined;
  },
  async afterCreate(context, stored) {
    const resource = stored.resource();
    if (resource.resourceType === 'Appointment') {
      await followAppointment(context, undefined, resource);
    }
  },
  async afterUpdate(context, current, stored) {
    const next = stored.resource();
    if (current.resourceType === 'Appointment' && next.resourceType === 'Appointment') {
      await followAppointment(context, current, next);
    }
  },
};

export const liesAhead = (context: WorkflowContext, appointment: Appointment): boolean =>
  !hasBegun(appointment, context.clock.now().getTime(), daysOf(context).today);

function refuseMissedAhead(context: WorkflowContext, appointment: Appointment): void {
  if (appointment.status === 'noshow' && liesAhead(context, appointment)) {
    throw businessRule(
      `the appointment is at ${appointment.start}, which lies ahead, and nobody can have missed it: cancel it (status cancelled, with its cancelationReason), or wait until its time`,
      'Appointment.status',
    );
  }
}

type Turn = 'booked' | 'unattended' | 'event-cancelled';

const turns: Partial<Record<Appointment['status'], Turn>> = {
  booked: 'booked',
  arrived: 'booked',
  'checked-in': 'booked',
  noshow: 'unattended',
  cancelled: 'event-cancelled',
};

/** What did not take place, or was booked, and for which course where that is known. */
interface Turned {
  readonly patient: string;
  /** "Appointment/x", or "ServiceRequest/y" of a session that had none. */
  readonly about: string;
  /** What it is based on: the referral, or a session. */
  readonly basedOn: readonly string[];
  readonly turn: Turn;
  readonly reason?: CodeableConcept;
  readonly carePlan?: string;
  readonly session?: string;
}

type OfCourse = Pick<Turned, 'carePlan' | 'session'>;

export async function followAppointment(
  context: WorkflowContext,
  current: Appointment | undefined,
  next: Appointment,
  ofCourse: OfCourse = {},
): Promise<void> {
  const turn = turns[next.status];
  if (turn === undefined || (current !== undefined && turns[current.status] === turn)) {
    return;
  }
  const { cancelationReason: reason } = next;
  for (const patient of patientsOf(next)) {
    await followTurn(context, {
      ...ofCourse,
      patient,
      about: `Appointment/${next.id}`,
      basedOn: (next.basedOn ?? []).flatMap(({ reference }) => reference ?? []),
      turn,
      ...(reason && { reason }),
    });
  }
}

/** The same for a session that did not take place and had no appointment, or for one of them. */
export async function followTurn(context: WorkflowContext, turned: Turned): Promise<void> {
  const within = await forEffect(context, 'follow-task', turned.patient.replace('Patient/', ''));
  for (const referral of await referralsOf(within, turned.basedOn)) {
    for (const task of await coordinationTasksOf(within, referral)) {
      await turnReferral(within, task, turned);
    }
  }
  if (turned.turn === 'booked') {
    const { today: on } = daysOf(context);
    await contactMade(within, { patient: turned.patient, sessions: turned.basedOn, on });
  }
}

async function turnReferral(context: WorkflowContext, task: Task, turned: Turned): Promise<void> {
  const { patient, turn } = turned;
  const isRunning = task.status === 'accepted' || task.status === 'in-progress';
  if (!isRunning || task.for?.reference !== patient) {
    return;
  }
  if (turn !== 'booked' && (await hasAnotherAppointment(context, turned))) {
    return;
  }
  const meaning: ReferralStatus =
    turn === 'booked' ? (task.status === 'accepted' ? 'scheduled' : 'course-started') : turn;
  const isLeaving = businessStatusCode(task.businessStatus) === 'cancel-requested';
  if (!isLeaving && meaningsOf(task.status).includes(meaning)) {
    const moved: Task = {
      ...task,
      businessStatus: businessStatus(meaning),
      lastModified: context.clock.now().toISOString(),
    };
    await updateChecked(context, moved, task.meta?.versionId ?? '');
  }
  const owner = task.owner?.reference;
  if (turn !== 'booked' && owner) {
    await getInTouch(context, turned, owner);
  }
}

const isByUs = (reason: CodeableConcept | undefined): boolean =>
  reason?.coding?.some(({ system, code }) => system === cancellationSystem && code === 'prov') ?? false;

const cancellationSystem = 'http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason';

function sentenceOf({ turn, reason }: Turned) {
  if (turn === 'unattended') return 'unattended';
  return isByUs(reason) ? 'cancelled-by-us' : 'cancelled';
}

/** One open Task for each appointment, however often it is written. */
export async function getInTouch(context: WorkflowContext, turned: Turned, owner: string): Promise<void> {
  const { about, patient, reason, carePlan, session } = turned;
  const open = await findResources(context.store, 'Task', [byReference('focus', about)]);
  if (
    open.some(
      ({ status, code }) =>
        hasCourseCode(code, 'get-in-touch') && (status === 'requested' || status === 'in-progress'),
    )
  ) {
    return;
  }
  await giveDuty(context, {
    duty: 'get-in-touch',
    about,
    patient,
    named: [owner],
    said: sentencesOf(context.catalogue)(sentenceOf(turned)),
    ...(reason && { reason }),
    ...(carePlan && { carePlan }),
    ...(session && { session }),
  });
}

/** Whoever was booked anew already has been spoken to. */
export async function hasAnotherAppointment(
  context: WorkflowContext,
  { about, basedOn }: Pick<Turned, 'about' | 'basedOn'>,
): Promise<boolean> {
  const others = await findResources(context.store, 'Appointment', [byReference('based-on', ...basedOn)]);
  return others.some(({ id, status }) => `Appointment/${id}` !== about && status === 'booked');
}

const patientsOf = ({ participant }: Appointment): readonly string[] => [
  ...new Set(
    participant.flatMap(({ actor }) => (actor?.reference?.startsWith('Patient/') ? [actor.reference] : [])),
  ),
];

/** An appointment is based on the referral itself (the intake), or on a session that was planned from it. */
async function referralsOf(context: WorkflowContext, basedOn: readonly string[]): Promise<readonly string[]> {
  const referrals = new Set<string>();
  for (const reference of basedOn) {
    const [type, id] = reference.split('/');
    if (type !== 'ServiceRequest' || !id) {
      continue;
    }
    referrals.add(`ServiceRequest/${id}`);
    const result = await context.store.read('ServiceRequest', id);
    const request = result.kind === 'found' ? result.version.resource() : undefined;
    if (request?.resourceType === 'ServiceRequest') {
      for (const each of request.basedOn ?? []) {
        if (each.reference?.startsWith('ServiceRequest/')) {
          referrals.add(each.reference);
        }
      }
    }
  }
  return [...referrals];
}
