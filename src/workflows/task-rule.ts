// Guards a referral's coordination Task when it is updated over plain REST, and carries out what each move means.
import type { CodeableConcept, Resource, Task } from '@medplum/fhirtypes';
import type { Actor } from '../auth/actor.ts';
import { hasCourseCode } from '../course/course-codes.ts';
import {
  allowedMoves,
  asksForReason,
  isFinal,
  mayMove,
  meaningsOf,
  type Side,
  sidesThatMayMoveTo,
} from '../course/referral-moves.ts';
import {
  alternativeOf,
  businessStatus,
  businessStatusCode,
  isCoordinationTask,
} from '../course/referral-resources.ts';
import { businessRule, forbidden } from '../fhir/error.ts';
import { checkAlarmTask, isAlarmTask } from './alarm-rules.ts';
import { applyReferralMove } from './apply-referral-move.ts';
import { forEffect, type WorkflowContext } from './context.ts';
import { checkHomework } from './course-rules.ts';
import { withWorksOn } from './formulation-rule.ts';
import { isSameContent } from './is-same-content.ts';
import { refuseWhileStopped } from './read-gates.ts';
import type { WriteRule } from './write-rules.ts';

/**
 * Refuses (422) an illegal move with the moves that are allowed, a decline without reason and alternative, and a change of
 * what the referral is about; (403) a move by a side that it is not for. Other Tasks are left alone.
 */
export const taskRule: WriteRule = {
  beforeCreate(context, resource) {
    if (resource.resourceType !== 'Task') return undefined;
    if (isCoordinationTask(resource)) {
      throw businessRule('a referral is made with POST Patient/[id]/$refer', 'Task.code');
    }
    return withWorksOn(context, resource);
  },

  async beforeUpdate(context, current, next) {
    if (current.resourceType !== 'Task' || next.resourceType !== 'Task') {
      return undefined;
    }
    if (!isCoordinationTask(current)) {
      if (isCoordinationTask(next)) {
        throw businessRule('a referral is made with POST Patient/[id]/$refer', 'Task.code');
      }
      if (hasCourseCode(current.code, 'homework')) {
        checkHomework(current, next);
      }
      if (isAlarmTask(context, current)) {
        await checkAlarmTask(context, current, next);
      }
      return withWorksOn(context, next);
    }
    return guardedUpdate(context, current, next);
  },

  beforeDelete(context, current) {
    if (current.resourceType === 'Task' && isAlarmTask(context, current)) {
      throw businessRule(
        'a Task that an alarm made is not deleted: it is completed with its outcome',
        'Task.status',
      );
    }
    if (current.resourceType === 'Task' && isCoordinationTask(current)) {
      throw businessRule(
        'a referral Task is not deleted, or nobody would own the next step: set it to cancelled with a reason',
        'Task.status',
      );
    }
  },
};

async function guardedUpdate(
  context: WorkflowContext,
  current: Task,
  next: Task,
): Promise<Resource | undefined> {
  checkWhatMayNotChange(current, next);
  if (current.status === next.status) {
    return updateInPlace(context, current, next);
  }
  checkMove(current, next);
  checkMover(context.actor, current, next);
  checkReason(next);
  const moved = derived(context, current, next);
  const patient = current.for?.reference ?? '';
  const patientId = patient.replace('Patient/', '');
  if (next.status === 'accepted') {
    await refuseWhileStopped(context, patient, 'a referral is not accepted', 'Task.status');
  }
  await applyReferralMove(await forEffect(context, 'follow-task', patientId), current, moved);
  return moved;
}

/** The same status again: notes, the meaning and, until somebody accepted, the candidate may change. */
function updateInPlace(context: WorkflowContext, current: Task, next: Task): Task {
  if (isFinal(current.status) && !isSameContent(withoutMeta(current), withoutMeta(next))) {
    throw businessRule(
      `this referral Task is ${current.status}, which is final: it cannot be changed any more`,
      'Task.status',
    );
  }
  return derived(context, current, next);
}

function checkWhatMayNotChange(current: Task, next: Task): void {
  const fixed = [
    ['code', 'Task.code'],
    ['focus', 'Task.focus'],
    ['for', 'Task.for'],
    ['requester', 'Task.requester'],
    ['intent', 'Task.intent'],
    ['authoredOn', 'Task.authoredOn'],
  ] as const;
  for (const [element, expression] of fixed) {
    if (!isSameContent(current[element], next[element])) {
      throw businessRule(`${element} of a referral Task may not change`, expression);
    }
  }
  const isOpenForOthers = current.status === 'requested' || current.status === 'received';
  if (!isOpenForOthers && !isSameContent(current.owner, next.owner)) {
    throw businessRule('the owner of a referral Task may change only until it is accepted', 'Task.owner');
  }
  if (!next.owner?.reference) {
    throw businessRule('a referral Task needs an owner: somebody must be asked', 'Task.owner');
  }
}

function checkMove(current: Task, next: Task): void {
  if (mayMove(current.status, next.status)) {
    return;
  }
  const allowed = allowedMoves(current.status);
  throw businessRule(
    allowed.length > 0
      ? `a referral Task cannot go from ${current.status} to ${next.status}; allowed: ${allowed.join(', ')}`
      : `a referral Task cannot go from ${current.status} to ${next.status}; allowed: none, ${current.status} is final`,
    'Task.status',
  );
}

/** Which side of a referral a role speaks for; integrators and the system carry messages for all of them. */
const sideOf = {
  gp: 'requester',
  therapist: 'performer',
  patient: 'patient',
  manager: undefined,
  integrator: 'any',
  system: 'any',
} as const satisfies Record<Actor['role'], Side | 'any' | undefined>;

function checkMover(actor: Actor, current: Task, next: Task): void {
  const side = sideOf[actor.role];
  const sides = sidesThatMayMoveTo(next.status);
  if (side === 'any') {
    return;
  }
  if (!side || !sides.includes(side)) {
    throw forbidden(
      `a referral Task is moved to ${next.status} by the ${sides.join(' or the ')} only`,
      'Task.status',
    );
  }
  const owner = current.owner?.reference;
  const isAskedByName = owner?.startsWith('Practitioner/') ?? false;
  if (side === 'performer' && isAskedByName && owner !== actor.subject) {
    throw forbidden(`this referral was sent to ${owner}`, 'Task.owner');
  }
}

function checkReason(next: Task): void {
  if (asksForReason(next.status) && !hasText(next.statusReason)) {
    throw businessRule(`a referral Task that becomes ${next.status} needs a reason`, 'Task.statusReason');
  }
  if (next.status === 'rejected' && !alternativeOf(next)) {
    throw businessRule(
      'declining needs another offer: add an output of type "alternative" (code system https://w3id.org/alongside/fhir/CodeSystem/course) with a Reference or a text',
      'Task.output',
    );
  }
}

/** The Task as it is stored: its meaning follows from the status unless a finer one of that status was sent. */
function derived({ clock }: WorkflowContext, current: Task, next: Task): Task {
  const meanings = meaningsOf(next.status);
  const isMove = current.status !== next.status;
  const sent = businessStatusCode(next.businessStatus);
  const isUntouched = isMove && sent === businessStatusCode(current.businessStatus);
  const [usual] = meanings;
  const chosen = sent === undefined || isUntouched ? usual : meanings.find((meaning) => meaning === sent);
  if (!chosen) {
    throw businessRule(
      `businessStatus "${sent}" does not fit a Task that is ${next.status}; allowed: ${meanings.join(', ')}`,
      'Task.businessStatus',
    );
  }
  if (chosen === 'ended-early' && !hasText(next.statusReason)) {
    throw businessRule('a course that ended early needs a reason', 'Task.statusReason');
  }
  return { ...next, businessStatus: businessStatus(chosen), lastModified: clock.now().toISOString() };
}

function hasText(concept: CodeableConcept | undefined): boolean {
  return Boolean(concept?.text?.trim() || concept?.coding?.some((coding) => coding.code));
}

function withoutMeta(task: Task): Omit<Task, 'meta' | 'lastModified'> {
  const { meta: _meta, lastModified: _lastModified, ...rest } = task;
  return rest;
}
