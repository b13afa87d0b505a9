// The Tasks by which the service puts something in front of somebody, and what is known from those that it set before.
import type { CodeableConcept, Task } from '@medplum/fhirtypes';
import { addDuration, type CalendarDate, laterBy } from '../calendar.ts';
import { type WatchRule, watchSystem } from './watch-rules.ts';

export type WatchCode =
  | 'referral-waiting'
  | 'promise-passed'
  | 'referral-left-open'
  | 'questionnaire-reminder'
  | 'questionnaire-open'
  | 'session-unrecorded'
  | 'step-at-home-ended'
  | 'course-left-open'
  | 'follow-up-due'
  | 'long-pause'
  | 'no-next-step'
  | 'closing-letter-due'
  | 'alarm-waiting';

export interface WatchContent {
  readonly rule: WatchRule;
  /** "Task/x", "ServiceRequest/y": what it is about. */
  readonly about: string;
  readonly patient: string;
  /** Absent: found by Task?owner:missing=true, by whoever watches over Tasks without an owner. */
  readonly owner?: string;
  /** "CarePlan/x" of the course. */
  readonly carePlan?: string;
  /** FHIR instant. */
  readonly authoredOn: string;
  readonly today: CalendarDate;
  /** Canonical of what is to be filled in, or the action of the plan that asks for it. */
  readonly canonical?: string;
  readonly priority?: 'asap';
}

const choice: CodeableConcept = {
  coding: [{ system: watchSystem, code: 'choice', display: 'A possible next step' }],
};

/** It names no requester: that would tie somebody to the patient who may have said no. */
export function watchTask(id: string, content: WatchContent): Task {
  const { rule, owner, carePlan, canonical, priority, today } = content;
  return {
    resourceType: 'Task',
    id,
    ...(canonical !== undefined && { instantiatesCanonical: canonical }),
    ...(carePlan !== undefined && { basedOn: [{ reference: carePlan }] }),
    status: 'requested',
    intent: 'order',
    ...(priority && { priority }),
    code: rule.code,
    description: rule.text,
    ...rule.translated,
    focus: { reference: content.about },
    for: { reference: content.patient },
    executionPeriod: { start: today, end: addDuration(today, rule.dueWithin) },
    authoredOn: content.authoredOn,
    lastModified: content.authoredOn,
    ...(owner !== undefined && { owner: { reference: owner } }),
    restriction: { period: { start: today, end: addDuration(today, rule.dueWithin) } },
    ...(rule.choices.length > 0 && {
      input: rule.choices.map((valueCodeableConcept) => ({ type: choice, valueCodeableConcept })),
    }),
  };
}

export function isWatchTask(task: Task, ...codes: readonly WatchCode[]): boolean {
  return (
    task.code?.coding?.some(
      ({ system, code }) => system === watchSystem && codes.some((each) => each === code),
    ) ?? false
  );
}

/** Of what somebody is to do now; a draft asks nobody. */
export const openTaskStatuses = [
  'requested',
  'received',
  'accepted',
  'ready',
  'in-progress',
  'on-hold',
] as const satisfies readonly Task['status'][];

const over: ReadonlySet<Task['status']> = new Set([
  'completed',
  'cancelled',
  'failed',
  'rejected',
  'entered-in-error',
]);

export const isOpenTask = ({ status }: Task): boolean => !over.has(status);

/** Those about one thing, oldest first; what was entered in error was never set. */
export function watchTasksAbout(
  tasks: readonly Task[],
  about: string,
  ...codes: readonly WatchCode[]
): readonly Task[] {
  return tasks
    .filter(
      (task) =>
        task.focus?.reference === about && task.status !== 'entered-in-error' && isWatchTask(task, ...codes),
    )
    .toSorted((left, right) => (left.authoredOn ?? '').localeCompare(right.authoredOn ?? ''));
}

/** What the Task asked for has come about without it, or nobody needs it any more. */
export function overtakenTask(task: Task, why: CodeableConcept, at: string): Task {
  const { authoredOn } = task;
  // The clock of the node that set it may be ahead of this one's, and nothing is changed before it was made (inv-1).
  const isBehind = authoredOn !== undefined && Date.parse(at) < Date.parse(authoredOn);
  return { ...task, status: 'cancelled', statusReason: why, lastModified: isBehind ? authoredOn : at };
}

/** True when the time of a rule has passed since a day; never since one after which the calendar ends. */
export function isLongSince(day: CalendarDate, rule: WatchRule, today: CalendarDate): boolean {
  const end = laterBy(day, rule.after);
  return end !== undefined && end <= today;
}
