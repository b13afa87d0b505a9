// The life of a question that a practice asks about a referral before it decides: who asks, who answers, and when it is over.
import type { Task } from '@medplum/fhirtypes';
import type { Side } from './referral-moves.ts';

type TaskStatus = Task['status'];

const moves = {
  draft: [],
  requested: ['received', 'in-progress', 'completed', 'rejected', 'cancelled', 'entered-in-error'],
  received: ['in-progress', 'completed', 'rejected', 'cancelled', 'entered-in-error'],
  'in-progress': ['completed', 'rejected', 'cancelled', 'entered-in-error'],
  accepted: [],
  ready: [],
  'on-hold': [],
  failed: [],
  completed: ['entered-in-error'],
  rejected: ['entered-in-error'],
  cancelled: ['entered-in-error'],
  'entered-in-error': [],
} as const satisfies Record<TaskStatus, readonly TaskStatus[]>;

export function allowedQuestionMoves(from: TaskStatus): readonly TaskStatus[] {
  return moves[from];
}

/** True while somebody waits for the answer. */
export function isOpenQuestion(status: TaskStatus): boolean {
  return status === 'requested' || status === 'received' || status === 'in-progress';
}

/** The one who referred answers, or says why not; the one who asked takes the question back. */
export function sideOfQuestionMove(to: TaskStatus): readonly Side[] {
  if (to === 'entered-in-error') return ['requester', 'performer'];
  return to === 'cancelled' ? ['performer'] : ['requester'];
}
