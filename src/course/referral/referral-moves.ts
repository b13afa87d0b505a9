// The life of a referral's coordination Task: which status may follow which, who may move it, and what each status means in the referral.
import type { Task } from '@medplum/fhirtypes';

export type TaskStatus = Task['status'];

/**
 * Legal moves of a referral Task, beside the one to entered-in-error. A status without moves is final, or is never used by a
 * referral.
 */
const moves = {
  draft: ['requested'],
  requested: ['received', 'accepted', 'rejected', 'cancelled'],
  received: ['accepted', 'rejected', 'cancelled'],
  accepted: ['in-progress', 'cancelled', 'on-hold'],
  'in-progress': ['on-hold', 'completed', 'failed'],
  'on-hold': ['in-progress'],
  ready: [],
  rejected: [],
  cancelled: [],
  failed: [],
  completed: [],
  'entered-in-error': [],
} as const satisfies Record<TaskStatus, readonly TaskStatus[]>;

/**
 * The statuses that a referral Task may go to from this one, in the order of the table. Whatever was wrong can be marked as
 * such, what is final too.
 */
export function allowedMoves(from: TaskStatus): readonly TaskStatus[] {
  return from === 'entered-in-error' ? [] : [...moves[from], 'entered-in-error'];
}

export function mayMove(from: TaskStatus, to: TaskStatus): boolean {
  return allowedMoves(from).includes(to);
}

/** True when nothing more can happen to this Task, unless it was wrong. */
export function isFinal(status: TaskStatus): boolean {
  return moves[status].length === 0;
}

export type ReferralStatus =
  | 'created'
  | 'received'
  | 'info-requested'
  | 'accepted'
  | 'scheduled'
  | 'unattended'
  | 'event-cancelled'
  | 'course-started'
  | 'paused'
  | 'completed'
  | 'ended-early'
  | 'declined'
  | 'cancel-requested'
  | 'cancelled';

export const referralStatusDisplays = {
  created: 'Sent',
  received: 'Seen by the practice',
  'info-requested': 'More information asked',
  accepted: 'Accepted',
  scheduled: 'First appointment booked',
  unattended: 'Appointment not attended',
  'event-cancelled': 'Appointment cancelled',
  'course-started': 'Course started',
  paused: 'Paused',
  completed: 'Completed',
  'ended-early': 'Ended early',
  declined: 'Declined, with another offer',
  'cancel-requested': 'Withdrawal asked',
  cancelled: 'Withdrawn',
} as const satisfies Record<ReferralStatus, string>;

/** What Task.businessStatus may say in each status. The first is what a move into the status sets by itself. */
const meanings = {
  draft: [],
  requested: ['created', 'cancel-requested'],
  received: ['received', 'info-requested', 'cancel-requested'],
  accepted: ['accepted', 'scheduled', 'unattended', 'event-cancelled', 'cancel-requested'],
  'in-progress': ['course-started', 'unattended', 'event-cancelled'],
  'on-hold': ['paused'],
  completed: ['completed', 'ended-early'],
  failed: ['ended-early'],
  rejected: ['declined'],
  cancelled: ['cancelled'],
  ready: [],
  'entered-in-error': [],
} as const satisfies Record<TaskStatus, readonly ReferralStatus[]>;

export function meaningsOf(status: TaskStatus): readonly ReferralStatus[] {
  return meanings[status];
}

/** Who moves a referral: the side that asked, the side that was asked, or the person whom it is about. */
export type Side = 'requester' | 'performer' | 'patient';

/**
 * Which sides may set a finer meaning without a move. A question sets "info-requested" by itself, and its answer takes it back:
 * nobody types that.
 */
const meaningSetters = {
  created: ['requester'],
  received: ['requester'],
  'info-requested': [],
  accepted: ['performer', 'requester'],
  scheduled: ['performer'],
  unattended: ['performer'],
  'event-cancelled': ['performer'],
  'course-started': ['performer'],
  paused: [],
  completed: [],
  'ended-early': [],
  declined: [],
  'cancel-requested': ['requester', 'patient'],
  cancelled: [],
} as const satisfies Record<ReferralStatus, readonly Side[]>;

export function sidesThatMayMean(meaning: ReferralStatus): readonly Side[] {
  return meaningSetters[meaning];
}

/** Which sides may move a referral into a status. */
const movers = {
  draft: [],
  requested: ['requester'],
  received: ['performer'],
  accepted: ['performer'],
  rejected: ['performer'],
  'in-progress': ['performer'],
  'on-hold': ['performer', 'patient'],
  completed: ['performer'],
  failed: ['performer'],
  cancelled: ['requester', 'patient'],
  ready: [],
  'entered-in-error': ['requester', 'performer'],
} as const satisfies Record<TaskStatus, readonly Side[]>;

/** Whoever was asked to let go of a referral (`meaning`) may do so themself. */
export function sidesThatMayMoveTo(status: TaskStatus, meaning?: string): readonly Side[] {
  return status === 'cancelled' && meaning === 'cancel-requested'
    ? [...movers.cancelled, 'performer']
    : movers[status];
}

const reasonAsked: readonly TaskStatus[] = ['rejected', 'cancelled', 'failed', 'on-hold', 'entered-in-error'];

/** True for a status that stops support, for now or for good, or says that it never was meant: then the reason is always asked. */
export function asksForReason(status: TaskStatus): boolean {
  return reasonAsked.includes(status);
}
