// Guards a referral's coordination Task when it is updated over plain REST, and carries out what each move means.
import type { Resource, Task } from '@medplum/fhirtypes';
import type { Actor } from '../../auth/actor.ts';
import { hasCourseCode } from '../../course/course-codes.ts';
import { isSamePromise, promiseOf } from '../../course/referral/first-date.ts';
import {
  allowedMoves,
  asksForReason,
  isFinal,
  mayMove,
  meaningsOf,
  sidesThatMayMean,
  sidesThatMayMoveTo,
} from '../../course/referral/referral-moves.ts';
import {
  alternativeOf,
  businessStatus,
  businessStatusCode,
  isCoordinationTask,
} from '../../course/referral/referral-resources.ts';
import { businessRule } from '../../fhir/error.ts';
import { checkAlarmTask, isAlarmTask } from '../alarms/alarm-rules.ts';
import { refuseWhileStopped } from '../alarms/read-gates.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { withLetterAndScores } from '../courses/closing-letter-duty.ts';
import { checkHomework } from '../courses/course-rules.ts';
import { withWorksOn } from '../formulation/works-on.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import type { WriteRule } from '../resources/write-rules.ts';
import { changePromise } from './accept-referral.ts';
import { applyReferralMove } from './apply-referral-move.ts';
import { candidateAtWork } from './referral-checks.ts';
import { checkChangedPromise, checkPromise, withNoteOfChange } from './referral-promise.ts';
import {
  checkNewQuestion,
  checkQuestion,
  followNewQuestion,
  followQuestion,
  isQuestion,
  openQuestionsOf,
} from './referral-questions.ts';
import { demandSide, hasText } from './referral-side.ts';

/**
 * Refuses (422) an illegal move with the moves that are allowed, a decline without reason and alternative, and a change of
 * what the referral is about; (403) a move by a side that it is not for. Other Tasks are left alone.
 */
export const taskRule: WriteRule = {
  async beforeCreate(context, resource) {
    if (resource.resourceType !== 'Task') return undefined;
    if (isCoordinationTask(resource)) {
      throw businessRule('a referral is made with POST Patient/[id]/$refer', 'Task.code');
    }
    if (isQuestion(resource)) {
      await checkNewQuestion(context, resource);
    }
    return withWorksOn(context, resource);
  },

  async afterCreate(context, stored) {
    const resource = stored.resource();
    if (resource.resourceType === 'Task' && isQuestion(resource)) {
      await followNewQuestion(context, resource);
    }
  },

  async beforeUpdate(context, current, next) {
    if (current.resourceType !== 'Task' || next.resourceType !== 'Task') {
      return undefined;
    }
    if (!isCoordinationTask(current)) {
      if (isCoordinationTask(next)) {
        throw businessRule('a referral is made with POST Patient/[id]/$refer', 'Task.code');
      }
      if (isQuestion(current) !== isQuestion(next)) {
        throw businessRule('a Task does not become a question, nor cease to be one', 'Task.code');
      }
      if (hasCourseCode(current.code, 'homework')) {
        checkHomework(current, next);
      } else if (isQuestion(current)) {
        await checkQuestion(context, current, next);
      }
      if (isAlarmTask(context, current)) {
        await checkAlarmTask(context, current, next);
      }
      return withWorksOn(context, next);
    }
    return guardedUpdate(context, current, next);
  },

  async afterUpdate(context, current, stored) {
    const next = stored.resource();
    if (current.resourceType === 'Task' && next.resourceType === 'Task' && isQuestion(current)) {
      await followQuestion(context, current, next);
    }
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
  await checkNewCandidate(context, current, next);
  if (current.status === next.status) {
    return updateInPlace(context, current, next);
  }
  checkMove(current, next);
  checkMover(context.actor, current, next);
  checkReason(next);
  checkPromise(context, current, next);
  if (next.status === 'accepted') {
    await refuseWhileStopped(
      context,
      current.for?.reference ?? '',
      'a referral is not accepted',
      'Task.status',
    );
  }
  const derivedTask = derived(context, current, next);
  const isEnd = next.status === 'completed' || next.status === 'failed';
  const moved = isEnd ? await withLetterAndScores(context, derivedTask) : derivedTask;
  await applyReferralMove(await forPatient(context, current), current, moved);
  return moved;
}

const forPatient = (context: WorkflowContext, task: Task): Promise<WorkflowContext> =>
  forEffect(context, 'follow-task', task.for?.reference?.replace('Patient/', '') ?? '');

/** The same status again: notes, the meaning, the promise and, until somebody accepted, the candidate may change. */
async function updateInPlace(context: WorkflowContext, current: Task, next: Task): Promise<Task> {
  if (isFinal(current.status) && !isSameContent(withoutMeta(current), withoutMeta(next))) {
    throw businessRule(
      `this referral Task is ${current.status}, which is final: it cannot be changed any more`,
      'Task.status',
    );
  }
  const after = derived(context, current, next);
  await checkMeaning(context, current, after);
  if (isSamePromise(promiseOf(current), promiseOf(next))) {
    return after;
  }
  checkChangedPromise(context, current, next);
  await changePromise(await forPatient(context, current), current.focus?.reference ?? '', promiseOf(next));
  return withNoteOfChange(context, current, after);
}

/** Who may say what, while the status stays. */
async function checkMeaning(context: WorkflowContext, current: Task, next: Task): Promise<void> {
  const [before, after] = [current, next].map(({ businessStatus: meaning }) => businessStatusCode(meaning));
  const meaning = meaningsOf(next.status).find((each) => each === after);
  if (before === after || meaning === undefined) {
    return;
  }
  if (meaning === 'info-requested') {
    throw businessRule(
      'a question is asked by a Task of its own: POST Task with the code "info-request" and partOf this Task',
      'Task.businessStatus',
    );
  }
  if (before === 'info-requested' && meaning === 'received') {
    const open = (await openQuestionsOf(context, current)).map(({ id }) => `Task/${id}`);
    throw businessRule(
      `the referral waits for an answer: complete or cancel ${open.join(', ')}`,
      'Task.businessStatus',
    );
  }
  demandSide(
    context.actor,
    current,
    sidesThatMayMean(meaning),
    `businessStatus "${meaning}" is set`,
    'Task.businessStatus',
  );
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

/** Whoever is asked instead can answer, as whoever was asked first. */
async function checkNewCandidate(context: WorkflowContext, current: Task, next: Task): Promise<void> {
  const { owner } = next;
  if (!owner?.reference || isSameContent(current.owner, owner)) return;
  await candidateAtWork(context, current.for?.reference ?? '', {
    value: owner.reference,
    expression: 'Task.owner',
  });
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

function checkMover(actor: Actor, current: Task, next: Task): void {
  const sides = sidesThatMayMoveTo(next.status, businessStatusCode(current.businessStatus));
  demandSide(actor, current, sides, `a referral Task is moved to ${next.status}`, 'Task.status');
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

/**
 * The Task as it is stored: its meaning follows from the status unless a finer one of that status was sent. What was wrong means
 * nothing any more.
 */
function derived({ clock }: WorkflowContext, current: Task, next: Task): Task {
  const { businessStatus: meaning, ...rest } = next;
  const lastModified = clock.now().toISOString();
  if (next.status === 'entered-in-error') {
    return { ...rest, lastModified };
  }
  const meanings = meaningsOf(next.status);
  const isMove = current.status !== next.status;
  const before = businessStatusCode(current.businessStatus);
  const sent = businessStatusCode(meaning);
  const wanted = isMove ? (sent === before ? undefined : sent) : (sent ?? before);
  const [usual] = meanings;
  const chosen = wanted === undefined ? usual : meanings.find((each) => each === wanted);
  if (!chosen) {
    throw businessRule(
      `businessStatus "${wanted}" does not fit a Task that is ${next.status}; allowed: ${meanings.join(', ')}`,
      'Task.businessStatus',
    );
  }
  if (isMove && chosen === 'info-requested') {
    throw businessRule(
      'a question is asked by a Task of its own: POST Task with the code "info-request" and partOf this Task',
      'Task.businessStatus',
    );
  }
  if (chosen === 'ended-early' && !hasText(next.statusReason)) {
    throw businessRule('a course that ended early needs a reason', 'Task.statusReason');
  }
  const { statusReason: _rested, ...going } = rest;
  const isGoingOn = current.status === 'on-hold' && next.status === 'in-progress';
  // Why it rested is no word about what goes on.
  const after = isGoingOn && isSameContent(current.statusReason, next.statusReason) ? going : rest;
  return { ...after, businessStatus: businessStatus(chosen), lastModified };
}

function withoutMeta(task: Task): Omit<Task, 'meta' | 'lastModified'> {
  const { meta: _meta, lastModified: _lastModified, ...rest } = task;
  return rest;
}
