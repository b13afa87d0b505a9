// What an appointment means for the referral that it is based on: booked, not attended, cancelled. None of them ends a referral; somebody gets in touch.
import type { Appointment, Task } from '@medplum/fhirtypes';
import { meaningsOf, type ReferralStatus } from '../course/referral-moves.ts';
import { businessStatus, businessStatusCode } from '../course/referral-resources.ts';
import { forEffect, type WorkflowContext } from './context.ts';
import { coordinationTasksOf } from './coordination-tasks.ts';
import { byReference, findResources } from './find-resources.ts';
import { giveDuty } from './give-duty.ts';
import { updateChecked } from './write-checked.ts';
import type { WriteRule } from './write-rules.ts';

export const appointmentRule: WriteRule = {
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

type Turn = 'booked' | 'unattended' | 'event-cancelled';

const turns: Partial<Record<Appointment['status'], Turn>> = {
  booked: 'booked',
  arrived: 'booked',
  'checked-in': 'booked',
  noshow: 'unattended',
  cancelled: 'event-cancelled',
};

async function followAppointment(
  context: WorkflowContext,
  current: Appointment | undefined,
  next: Appointment,
): Promise<void> {
  const turn = turns[next.status];
  if (turn === undefined || (current !== undefined && turns[current.status] === turn)) {
    return;
  }
  for (const patient of patientsOf(next)) {
    const within = await forEffect(context, 'follow-task', patient.replace('Patient/', ''));
    for (const referral of await referralsOf(within, next)) {
      for (const task of await coordinationTasksOf(within, referral)) {
        await turnReferral(within, { task, patient, appointment: next, turn });
      }
    }
  }
}

interface Turned {
  readonly task: Task;
  readonly patient: string;
  readonly appointment: Appointment;
  readonly turn: Turn;
}

async function turnReferral(context: WorkflowContext, turned: Turned): Promise<void> {
  const { task, patient, appointment, turn } = turned;
  const isRunning = task.status === 'accepted' || task.status === 'in-progress';
  if (!isRunning || task.for?.reference !== patient) {
    return;
  }
  if (turn !== 'booked' && (await hasAnotherAppointment(context, appointment))) {
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

/** One open Task for each appointment, however often it is written. */
async function getInTouch(
  context: WorkflowContext,
  { patient, appointment, turn }: Turned,
  owner: string,
): Promise<void> {
  const about = `Appointment/${appointment.id}`;
  const open = await findResources(context.store, 'Task', [byReference('focus', about)]);
  if (open.some(({ status }) => status === 'requested' || status === 'in-progress')) {
    return;
  }
  await giveDuty(context, {
    duty: 'get-in-touch',
    about,
    patient,
    owner,
    description:
      turn === 'unattended'
        ? 'The appointment did not take place, and nobody knows yet what came in between. Get in touch: ask how the person is, and which day and form would suit. The referral stays open.'
        : 'The appointment was cancelled. Get in touch: ask how the person is, and which day and form would suit. The referral stays open.',
    ...(appointment.cancelationReason && { reason: appointment.cancelationReason }),
  });
}

/** Whoever was booked anew already has been spoken to. */
async function hasAnotherAppointment(context: WorkflowContext, appointment: Appointment): Promise<boolean> {
  const based = (appointment.basedOn ?? []).flatMap(({ reference }) => reference ?? []);
  const others = await findResources(context.store, 'Appointment', [byReference('based-on', ...based)]);
  return others.some(({ id, status }) => id !== appointment.id && status === 'booked');
}

const patientsOf = ({ participant }: Appointment): readonly string[] => [
  ...new Set(
    participant.flatMap(({ actor }) => (actor?.reference?.startsWith('Patient/') ? [actor.reference] : [])),
  ),
];

/** An appointment is based on the referral itself (the intake), or on a session that was planned from it. */
async function referralsOf(context: WorkflowContext, { basedOn }: Appointment): Promise<readonly string[]> {
  const referrals = new Set<string>();
  for (const { reference } of basedOn ?? []) {
    const [type, id] = reference?.split('/') ?? [];
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
