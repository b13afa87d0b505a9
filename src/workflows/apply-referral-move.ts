// What else happens when a referral moves: the request gets its performer, the episode its state, and an ending its next step.
import type { CarePlan, ServiceRequest, Task } from '@medplum/fhirtypes';
import { extensionUrl } from '../course/course-codes.ts';
import { isOpenSession } from '../course/course-moves.ts';
import { isFinal, type TaskStatus } from '../course/referral-moves.ts';
import {
  alternativeOf,
  businessStatus,
  businessStatusCode,
  nextStepTask,
} from '../course/referral-resources.ts';
import { businessRule, conflict } from '../fhir/error.ts';
import type { WorkflowContext } from './context.ts';
import { coordinationTasksOf } from './coordination-tasks.ts';
import { byReference, byToken, findResources } from './find-resources.ts';
import { episodeOf, moveEpisode } from './move-episode.ts';
import { readReferenced } from './read-known.ts';
import { takeBackReminders } from './take-back-reminders.ts';
import { createChecked, updateChecked } from './write-checked.ts';

interface Move {
  readonly current: Task;
  readonly next: Task;
  readonly referral: string;
  readonly patient: string;
  readonly owner: string;
}

type Effect = (context: WorkflowContext, move: Move) => Promise<void>;

const effects: Partial<Record<TaskStatus, Effect>> = {
  accepted: accept,
  rejected: (context, move) =>
    giveNextStep(
      context,
      move,
      `The offer was declined. Another offer: ${alternativeOf(move.next) ?? ''}. Ask a further candidate, take up the other offer, or talk it over with the patient.`,
    ),
  'in-progress': (context, { referral }) => moveEpisode(context, referral, 'active'),
  'on-hold': (context, { referral }) => moveEpisode(context, referral, 'onhold'),
  completed: complete,
  failed: endEarly,
  cancelled: withdraw,
};

/** Carries out the move inside the caller's transaction, before the Task itself is stored: afterwards the actor may have lost sight of it. */
export async function applyReferralMove(context: WorkflowContext, current: Task, next: Task): Promise<void> {
  const [referral, patient, owner] = [
    current.focus?.reference,
    current.for?.reference,
    next.owner?.reference,
  ];
  if (!referral || !patient || !owner) {
    throw new Error(`coordination Task/${current.id} lacks its focus, patient or owner`);
  }
  await takeBackReminders(context, current, next);
  await effects[next.status]?.(context, { current, next, referral, patient, owner });
}

async function accept(context: WorkflowContext, { current, referral, patient, owner }: Move): Promise<void> {
  const version = await readReferenced(context.store, referral, ['ServiceRequest'], 'Task.focus');
  const request = version.resource();
  if (request.status !== 'active') {
    throw businessRule(`${referral} is ${request.status}: it can no longer be accepted`, 'Task.status');
  }
  const [performer] = request.performer ?? [];
  if (performer) {
    throw conflict(
      `${referral} has been accepted by ${performer.reference ?? 'somebody else'}`,
      'Task.status',
    );
  }
  await updateChecked(context, { ...request, performer: [{ reference: owner }] }, version.versionId);
  await closeOtherCandidates(context, referral, current);
  const isPerson = owner.startsWith('Practitioner/') || owner.startsWith('PractitionerRole/');
  await createChecked(context, {
    resourceType: 'EpisodeOfCare',
    status: 'waitlist',
    patient: { reference: patient },
    referralRequest: [{ reference: referral }],
    ...(isPerson && { careManager: { reference: owner } }),
  });
}

async function closeOtherCandidates(
  context: WorkflowContext,
  referral: string,
  accepted: Task,
): Promise<void> {
  for (const task of await coordinationTasksOf(context, referral)) {
    if (task.id !== accepted.id && !isFinal(task.status)) {
      const closed: Task = {
        ...task,
        status: 'cancelled',
        businessStatus: businessStatus('cancelled'),
        statusReason: { text: 'Another candidate accepted the referral' },
        lastModified: context.clock.now().toISOString(),
      };
      await updateChecked(context, closed, task.meta?.versionId ?? '');
    }
  }
}

async function withdraw(context: WorkflowContext, move: Move): Promise<void> {
  const { current, next, referral } = move;
  const others = await coordinationTasksOf(context, referral);
  if (others.some((task) => task.id !== current.id && !isFinal(task.status))) {
    return;
  }
  if (context.actor.subject !== current.requester?.reference) {
    await giveNextStep(
      context,
      move,
      'The referral was withdrawn. Talk with the patient about what would help now.',
    );
  }
  await moveEpisode(context, referral, 'cancelled');
  await closeRequest(context, referral, 'revoked', next);
}

async function complete(context: WorkflowContext, move: Move): Promise<void> {
  const open = (await sessionsOfReferral(context, move.referral)).filter(({ status }) =>
    isOpenSession(status),
  );
  if (open.length > 0) {
    throw businessRule(
      `${open.length} planned sessions are still open: complete them, or set them to revoked with a reason (${open.map(({ id }) => `ServiceRequest/${id}`).join(', ')})`,
      'Task.status',
    );
  }
  const isEarly = businessStatusCode(move.next.businessStatus) === 'ended-early';
  await closeCourse(context, move.referral, isEarly ? 'revoked' : 'completed', move.next);
  await giveNextStep(
    context,
    move,
    'The course is completed. Plan a conversation with the patient about what it brought and what follows.',
  );
  await closeRequest(context, move.referral, 'completed', move.next);
  await moveEpisode(context, move.referral, 'finished');
}

async function endEarly(context: WorkflowContext, move: Move): Promise<void> {
  for (const session of await sessionsOfReferral(context, move.referral)) {
    if (isOpenSession(session.status)) {
      const revoked: ServiceRequest = { ...session, status: 'revoked' };
      await updateChecked(context, withReason(revoked, move.next), session.meta?.versionId ?? '');
    }
  }
  await closeCourse(context, move.referral, 'revoked', move.next);
  await giveNextStep(
    context,
    move,
    'The course ended early. Talk with the patient about what would help now, and who will do it.',
  );
  await closeRequest(context, move.referral, 'completed', move.next);
  await moveEpisode(context, move.referral, 'finished');
}

/** The sessions planned from a referral. */
function sessionsOfReferral(context: WorkflowContext, referral: string): Promise<readonly ServiceRequest[]> {
  return findResources(context.store, 'ServiceRequest', [byReference('based-on', referral)]);
}

async function closeCourse(
  context: WorkflowContext,
  referral: string,
  status: 'completed' | 'revoked',
  task: Task,
): Promise<void> {
  const episode = await episodeOf(context, referral);
  const [identifier] = episode?.identifier ?? [];
  if (!episode || !identifier?.value) {
    return;
  }
  const carePlans = await findResources(context.store, 'CarePlan', [
    byToken('identifier', {
      ...(identifier.system && { system: identifier.system }),
      code: identifier.value,
    }),
  ]);
  for (const carePlan of carePlans) {
    if (carePlan.status === 'active' || carePlan.status === 'on-hold') {
      const closed: CarePlan = { ...carePlan, status };
      await updateChecked(context, withReason(closed, task), carePlan.meta?.versionId ?? '');
    }
  }
}

async function closeRequest(
  context: WorkflowContext,
  referral: string,
  status: 'completed' | 'revoked',
  task: Task,
): Promise<void> {
  const version = await readReferenced(context.store, referral, ['ServiceRequest'], 'Task.focus');
  const request = version.resource();
  if (request.status === 'active' || request.status === 'on-hold') {
    const closed: ServiceRequest = { ...request, status };
    await updateChecked(context, withReason(closed, task), version.versionId);
  }
}

/** The reason of the Task's move, on a request: R4 has an extension for it and no element. */
function withReason<T extends ServiceRequest | CarePlan>(request: T, task: Task): T {
  return task.statusReason
    ? {
        ...request,
        extension: [
          ...(request.extension ?? []).filter(({ url }) => url !== extensionUrl.statusReason),
          { url: extensionUrl.statusReason, valueCodeableConcept: task.statusReason },
        ],
      }
    : request;
}

async function giveNextStep(context: WorkflowContext, move: Move, description: string): Promise<void> {
  const owner = move.current.requester?.reference ?? move.patient;
  await createChecked(
    context,
    nextStepTask(context.newId(), {
      about: move.referral,
      patient: move.patient,
      owner,
      description,
      ...(move.next.statusReason && { reason: move.next.statusReason }),
      authoredOn: context.clock.now().toISOString(),
    }),
  );
}
