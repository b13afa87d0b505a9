// The first date that an acceptance promises: it must be there, it changes only with a reason, and the Task tells that it changed.
import type { Annotation, Task } from '@medplum/fhirtypes';
import { isSamePromise, promiseFault, promiseOf, promiseText } from '../../course/referral/first-date.ts';
import { saidAs } from '../../course/said.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { inWords } from '../courses/names-of-codes.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import { demandSide, hasText } from './referral-side.ts';

/** Accepting is a promise of when; before and after, the period is not the client's to set. */
export function checkPromise(context: WorkflowContext, current: Task, next: Task): void {
  if (next.status === 'accepted') {
    const fault = promiseFault(promiseOf(next), daysOf(context));
    if (fault !== undefined) {
      throw businessRule(fault, 'Task.restriction.period');
    }
  } else if (current.status === 'accepted' && !isSamePromise(promiseOf(current), promiseOf(next))) {
    throw businessRule(
      'the promised first date changes while the Task stays accepted, with a reason',
      'Task.restriction.period',
    );
  }
}

export function checkChangedPromise(context: WorkflowContext, current: Task, next: Task): void {
  if (current.status !== 'accepted') {
    throw businessRule(
      `a first date is promised by accepting; this Task is ${current.status}`,
      'Task.restriction.period',
    );
  }
  demandSide(
    context.actor,
    current,
    ['performer'],
    'a promised first date is changed',
    'Task.restriction.period',
  );
  checkPromise(context, current, next);
  if (!hasText(next.statusReason) || isSameContent(current.statusReason, next.statusReason)) {
    throw businessRule(
      'a promised first date that changes needs a reason of its own: the person waits for it',
      'Task.statusReason',
    );
  }
}

/** The versions of the Task keep each promise; the note lets whoever reads the newest one see that it changed, and why. */
export function withNoteOfChange(context: WorkflowContext, current: Task, next: Task): Task {
  const sentence = sentencesOf(context.catalogue);
  const words = promiseText(daysOf(context), sentence);
  const said = sentence('promise-changed', {
    before: words(promiseOf(current) ?? {}),
    now: words(promiseOf(next) ?? {}),
    reason: inWords(context.catalogue, next.statusReason ?? {}),
  });
  const note: Annotation = {
    time: context.clock.now().toISOString(),
    text: said.text,
    ...saidAs('text', said),
  };
  return { ...next, note: [...(next.note ?? []), note] };
}
