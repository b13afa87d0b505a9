// The life of a Task that was made by an alarm: it is taken up and ends with words, never by itself and never silently.
import type { Task } from '@medplum/fhirtypes';

type TaskStatus = Task['status'];

const open = ['requested', 'received', 'accepted', 'ready', 'in-progress'] as const;
const endings = ['completed', 'cancelled', 'failed', 'rejected', 'entered-in-error'] as const;

/** Somebody still has to act on it. */
export function isOpenAlarmTask(status: TaskStatus): boolean {
  return open.some((each) => each === status);
}

/** The statuses that it may go to, in the order of its life; from an ending only to entered-in-error. */
export function allowedAlarmMoves(from: TaskStatus): readonly TaskStatus[] {
  if (!isOpenAlarmTask(from)) return from === 'entered-in-error' ? [] : ['entered-in-error'];
  return [...open, ...endings].filter((each) => each !== from);
}

/** What was found or agreed, in words; undefined when nothing was written. */
export function outcomeTextOf({ output }: Task): string | undefined {
  return output?.find(({ valueString }) => valueString?.trim())?.valueString;
}
