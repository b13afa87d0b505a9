// What should become of something that was taken on to try at home, without the service's own tables.
import type { Task } from '@medplum/fhirtypes';

type TaskStatus = Task['status'];

export interface Homework {
  readonly status: TaskStatus;
  /** Before it rested. */
  readonly before?: TaskStatus;
}

const moves: Readonly<Partial<Record<TaskStatus, readonly TaskStatus[]>>> = {
  requested: ['ready', 'in-progress', 'on-hold', 'completed', 'cancelled', 'entered-in-error'],
  ready: ['in-progress', 'on-hold', 'completed', 'cancelled', 'entered-in-error'],
  'in-progress': ['on-hold', 'completed', 'cancelled', 'failed', 'entered-in-error'],
  'on-hold': ['requested', 'ready', 'in-progress', 'completed', 'cancelled', 'failed', 'entered-in-error'],
  completed: ['entered-in-error'],
  cancelled: ['entered-in-error'],
  failed: ['entered-in-error'],
};

const isOpen = (status: TaskStatus): boolean =>
  ['requested', 'ready', 'in-progress', 'on-hold'].includes(status);

/** Undefined when it may not. */
export function homeworkMoved({ status, before }: Homework, to: TaskStatus): Homework | undefined {
  if (!moves[status]?.includes(to)) return undefined;
  return to === 'on-hold' ? { status: to, before: status } : { status: to, ...(before && { before }) };
}

export const restingHomework = (homework: readonly Homework[]): readonly Homework[] =>
  homework.map((each) => homeworkMoved(each, 'on-hold') ?? each);

export const goingHomework = (homework: readonly Homework[]): readonly Homework[] =>
  homework.map((each) => (each.status === 'on-hold' ? { status: each.before ?? 'requested' } : each));

/** Whatever helps may go on, and nobody asks how it went any more. */
export const endedHomework = (homework: readonly Homework[]): readonly Homework[] =>
  homework.map((each) => (isOpen(each.status) ? { status: 'cancelled' } : each));
