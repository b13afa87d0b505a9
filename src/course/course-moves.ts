// The lives of a course's parts after the referral: the plan itself, its sessions, its goals and what is tried at home.
import type { CarePlan, Goal, ServiceRequest, Task } from '@medplum/fhirtypes';

type Moves<Status extends string> = Readonly<Record<Status, readonly Status[]>>;

export type CourseStatus = CarePlan['status'];
export type SessionStatus = ServiceRequest['status'];
export type GoalStatus = Goal['lifecycleStatus'];
export type HomeworkStatus = Task['status'];

const course = {
  draft: ['active', 'entered-in-error'],
  active: ['on-hold', 'completed', 'revoked', 'entered-in-error'],
  'on-hold': ['active', 'completed', 'revoked', 'entered-in-error'],
  completed: ['entered-in-error'],
  revoked: ['entered-in-error'],
  'entered-in-error': [],
  unknown: ['entered-in-error'],
} as const satisfies Moves<CourseStatus>;

const session = {
  draft: ['active', 'revoked', 'entered-in-error'],
  active: ['on-hold', 'completed', 'revoked', 'entered-in-error'],
  'on-hold': ['active', 'revoked', 'entered-in-error'],
  completed: ['entered-in-error'],
  revoked: ['entered-in-error'],
  'entered-in-error': [],
  unknown: ['entered-in-error'],
} as const satisfies Moves<SessionStatus>;

const goal = {
  proposed: ['planned', 'accepted', 'rejected', 'entered-in-error'],
  planned: ['accepted', 'cancelled', 'entered-in-error'],
  accepted: ['active', 'cancelled', 'entered-in-error'],
  active: ['on-hold', 'completed', 'cancelled', 'entered-in-error'],
  'on-hold': ['active', 'completed', 'cancelled', 'entered-in-error'],
  completed: ['entered-in-error'],
  cancelled: ['entered-in-error'],
  rejected: ['entered-in-error'],
  'entered-in-error': [],
} as const satisfies Moves<GoalStatus>;

const homework = {
  draft: ['requested', 'cancelled', 'entered-in-error'],
  requested: ['ready', 'in-progress', 'on-hold', 'completed', 'cancelled', 'entered-in-error'],
  ready: ['in-progress', 'on-hold', 'completed', 'cancelled', 'entered-in-error'],
  'in-progress': ['on-hold', 'completed', 'cancelled', 'failed', 'entered-in-error'],
  'on-hold': ['requested', 'ready', 'in-progress', 'completed', 'cancelled', 'failed', 'entered-in-error'],
  completed: ['entered-in-error'],
  cancelled: ['entered-in-error'],
  failed: ['entered-in-error'],
  received: [],
  accepted: [],
  rejected: [],
  'entered-in-error': [],
} as const satisfies Moves<HomeworkStatus>;

export const allowedCourseMoves = (from: CourseStatus): readonly CourseStatus[] => course[from];
export const allowedSessionMoves = (from: SessionStatus): readonly SessionStatus[] => session[from];
export const allowedGoalMoves = (from: GoalStatus): readonly GoalStatus[] => goal[from];
export const allowedHomeworkMoves = (from: HomeworkStatus): readonly HomeworkStatus[] => homework[from];

/** True while the session still lies ahead: it can be held, moved or dropped. */
export const isOpenSession = (status: SessionStatus): boolean =>
  status === 'draft' || status === 'active' || status === 'on-hold';
