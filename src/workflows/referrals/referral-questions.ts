// Questions about a referral, asked inside it: a Task that is part of the coordination Task, for the one who referred. The answer brings the referral back by itself.
import type { CodeableConcept, Task } from '@medplum/fhirtypes';
import { courseConcept, hasCourseCode } from '../../course/course-codes.ts';
import {
  allowedQuestionMoves,
  isOpenQuestion,
  sideOfQuestionMove,
} from '../../course/referral/question-moves.ts';
import {
  businessStatus,
  businessStatusCode,
  isCoordinationTask,
  outputOf,
} from '../../course/referral/referral-resources.ts';
import { businessRule } from '../../fhir/error.ts';
import { forEffect, type WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import { readOfPatient } from '../resources/read-known.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { supportingTypes } from './referral-checks.ts';
import { demandSide, hasText } from './referral-side.ts';

export const isQuestion = (task: Task): boolean => hasCourseCode(task.code, 'info-request');

/** Refused: 404 no such referral, 422 a question that nobody could answer, or about a referral that is decided; 403 asked by another than the candidate. */
export async function checkNewQuestion(context: WorkflowContext, question: Task): Promise<void> {
  const parent = await parentOf(context, question);
  demandSide(context.actor, parent, ['performer'], 'a question about a referral is asked', 'Task.code');
  if (!isDecidable(parent)) {
    throw businessRule(
      `Task/${parent.id} is ${parent.status}: a question is asked while it is requested or received; write to the one who referred instead`,
      'Task.partOf',
    );
  }
  if (question.status !== 'requested' || question.intent !== 'order') {
    throw businessRule('a question begins as requested, with the intent order', 'Task.status');
  }
  if (!question.description?.trim()) {
    throw businessRule('write the question into description', 'Task.description');
  }
  if (question.requester) {
    throw businessRule(
      'leave requester out: the owner of the Task that this is part of asks, and is tied to the person by that Task alone',
      'Task.requester',
    );
  }
  const asked = [
    ['focus', parent.focus, 'Task.focus'],
    ['for', parent.for, 'Task.for'],
    ['owner', parent.requester, 'Task.owner'],
  ] as const;
  for (const [element, expected, expression] of asked) {
    if (question[element]?.reference !== expected?.reference) {
      throw businessRule(
        `${element} of a question about this referral is ${expected?.reference ?? 'not known'}`,
        expression,
      );
    }
  }
}

/** Asking means that the referral was seen, and that it waits for an answer. */
export async function followNewQuestion(context: WorkflowContext, question: Task): Promise<void> {
  const within = await forQuestion(context, question);
  const parent = await parentOf(within, question);
  const isLeaving = businessStatusCode(parent.businessStatus) === 'cancel-requested';
  await writeParent(within, {
    ...parent,
    status: 'received',
    businessStatus: businessStatus(isLeaving ? 'cancel-requested' : 'info-requested'),
  });
}

/** Refused: 403 the wrong side, 404 an answer that is not known, 422 an illegal move, another question, no answer, no reason. */
export async function checkQuestion(context: WorkflowContext, current: Task, next: Task): Promise<void> {
  const fixed = ['code', 'focus', 'for', 'partOf', 'owner', 'requester', 'description', 'intent'] as const;
  for (const element of fixed) {
    if (!isSameContent(current[element], next[element])) {
      throw businessRule(
        `${element} of a question may not change: withdraw it (cancelled) and ask anew`,
        `Task.${element}`,
      );
    }
  }
  if (current.status === next.status) {
    if (!isOpenQuestion(current.status) && !isSameContent(current.output, next.output)) {
      throw businessRule(`this question is ${current.status}: its answer stays as it was`, 'Task.output');
    }
    return;
  }
  const allowed: readonly string[] = allowedQuestionMoves(current.status);
  if (!allowed.includes(next.status)) {
    throw businessRule(
      `a question cannot go from ${current.status} to ${next.status}; allowed: ${allowed.join(', ') || `none, ${current.status} is final`}`,
      'Task.status',
    );
  }
  const parent = await parentOf(context, current);
  demandSide(
    context.actor,
    parent,
    sideOfQuestionMove(next.status),
    `a question is moved to ${next.status}`,
    'Task.status',
  );
  if (next.status === 'completed') {
    await checkAnswer(context, next);
  }
  const stops = next.status === 'rejected' || next.status === 'entered-in-error';
  if (stops && !hasText(next.statusReason)) {
    throw businessRule(`a question that becomes ${next.status} needs a reason`, 'Task.statusReason');
  }
}

/** With the last open question over, the referral is back where it was: seen, and to be decided. */
export async function followQuestion(context: WorkflowContext, current: Task, next: Task): Promise<void> {
  if (!isOpenQuestion(current.status) || isOpenQuestion(next.status)) {
    return;
  }
  const within = await forQuestion(context, next);
  const parent = await parentOf(within, next);
  const waits = businessStatusCode(parent.businessStatus) === 'info-requested';
  if (waits && (await openQuestionsOf(within, parent)).length === 0) {
    await writeParent(within, { ...parent, businessStatus: businessStatus('received') });
  }
}

/** Nobody has to answer about an offer that is over. */
export async function closeQuestions(
  context: WorkflowContext,
  parent: Task,
  reason: CodeableConcept | undefined,
): Promise<void> {
  for (const question of await openQuestionsOf(context, parent)) {
    const closed: Task = {
      ...question,
      status: 'cancelled',
      ...(reason && { statusReason: reason }),
      lastModified: context.clock.now().toISOString(),
    };
    await updateChecked(context, closed, question.meta?.versionId ?? '');
  }
}

export async function openQuestionsOf(context: WorkflowContext, parent: Task): Promise<readonly Task[]> {
  const children = await findResources(context.store, 'Task', [byReference('part-of', `Task/${parent.id}`)]);
  return children.filter((task) => isQuestion(task) && isOpenQuestion(task.status));
}

const isDecidable = ({ status }: Task): boolean => status === 'requested' || status === 'received';

async function parentOf(context: WorkflowContext, question: Task): Promise<Task> {
  const [partOf, ...more] = question.partOf ?? [];
  if (!partOf?.reference || more.length > 0) {
    throw businessRule(
      'a question is part of one referral Task: name it in partOf, as Task/[id]',
      'Task.partOf',
    );
  }
  const patient = question.for?.reference ?? '';
  const version = await readOfPatient(context.store, partOf.reference, ['Task'], patient, 'Task.partOf');
  const parent = version.resource();
  if (!isCoordinationTask(parent)) {
    throw businessRule(`${partOf.reference} is not the Task of a referral`, 'Task.partOf');
  }
  return parent;
}

async function checkAnswer(context: WorkflowContext, next: Task): Promise<void> {
  if (!outputOf(next, 'answer')) {
    const { system, code } = courseConcept('answer').coding?.[0] ?? {};
    throw businessRule(
      `answering needs an output of type "${code}" (code system ${system}) with a text (valueString) or a Reference; to say that it cannot be answered set the question to rejected with a reason`,
      'Task.output',
    );
  }
  for (const [index, { type, valueReference }] of (next.output ?? []).entries()) {
    if (hasCourseCode(type, 'answer') && valueReference?.reference) {
      const place = `Task.output[${index}].value`;
      await readOfPatient(
        context.store,
        valueReference.reference,
        supportingTypes,
        next.for?.reference ?? '',
        place,
      );
    }
  }
}

function forQuestion(context: WorkflowContext, question: Task): Promise<WorkflowContext> {
  return forEffect(context, 'follow-task', question.for?.reference?.replace('Patient/', '') ?? '');
}

async function writeParent(context: WorkflowContext, parent: Task): Promise<void> {
  const written: Task = { ...parent, lastModified: context.clock.now().toISOString() };
  await updateChecked(context, written, parent.meta?.versionId ?? '');
}
