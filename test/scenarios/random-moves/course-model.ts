// What a referral and its course should do, written down a second time and without the service's own tables: each move either happens,
// with these consequences, or is refused. The random moves are held against it.
import type { CarePlan, CareTeam, EpisodeOfCare, Goal, ServiceRequest, Task } from '@medplum/fhirtypes';
import { type AlarmMove, type Alarms, answered, isAboutAlarm, isStopped, looked } from './alarm-model.ts';
import {
  endedHomework,
  goingHomework,
  type Homework,
  homeworkMoved,
  restingHomework,
} from './homework-model.ts';

export type Candidate = 'therapist' | 'other-therapist';
type TaskStatus = Task['status'];

/** One thing that somebody does, legal or not. Numbers choose among what is there, whatever that is by then. */
export type Move =
  | { readonly kind: 'refer'; readonly owners: readonly Candidate[]; readonly isExplained: boolean }
  | {
      readonly kind: 'task';
      readonly owner: Candidate;
      readonly to: TaskStatus;
      readonly isComplete: boolean;
      readonly isStale: boolean;
    }
  | { readonly kind: 'enroll'; readonly hasReferral: boolean; readonly hasGoal: boolean }
  | {
      readonly kind: 'session';
      readonly number: number | 'next';
      readonly minutes: number;
      readonly hasHomework?: boolean;
    }
  | { readonly kind: 'homework'; readonly number: number; readonly to: TaskStatus }
  | AlarmMove
  /** By the person themself or in their name, and kept for them alone or not at all. */
  | { readonly kind: 'diary'; readonly isOwn: boolean; readonly isMarked: boolean }
  | { readonly kind: 'revoke'; readonly number: number; readonly hasReason: boolean }
  | { readonly kind: 'plan'; readonly to: CarePlan['status']; readonly hasReason: boolean }
  | { readonly kind: 'pause'; readonly hasReason: boolean }
  | { readonly kind: 'resume'; readonly hasReason: boolean }
  | { readonly kind: 'drop'; readonly number: number; readonly hasReason: boolean }
  | { readonly kind: 'add'; readonly hasReason: boolean }
  | { readonly kind: 'goal'; readonly to: Goal['lifecycleStatus'] }
  | { readonly kind: 'wait'; readonly days: number };

interface Course {
  readonly plan: CarePlan['status'];
  readonly sessions: readonly ServiceRequest['status'][];
  readonly homework: readonly Homework[];
  readonly goal: Goal['lifecycleStatus'];
  readonly team: CareTeam['status'];
  /** Of a course that follows from no referral. */
  readonly ownEpisode?: EpisodeOfCare['status'];
  /** Began from the referral that the model holds. */
  readonly isOfReferral: boolean;
}

interface Referral {
  readonly request: ServiceRequest['status'];
  readonly tasks: Readonly<Partial<Record<Candidate, TaskStatus>>>;
  readonly acceptedBy?: Candidate;
  readonly episode?: EpisodeOfCare['status'];
}

/** The newest referral and the newest course of one person, and what was answered. */
export interface Model {
  readonly referral?: Referral;
  readonly course?: Course;
  readonly alarms?: Alarms;
  readonly diaries?: number;
}

const taskMoves: Readonly<Partial<Record<TaskStatus, readonly TaskStatus[]>>> = {
  requested: ['received', 'accepted', 'rejected', 'cancelled', 'entered-in-error'],
  received: ['accepted', 'rejected', 'cancelled', 'entered-in-error'],
  accepted: ['in-progress', 'cancelled', 'on-hold', 'entered-in-error'],
  'in-progress': ['on-hold', 'completed', 'failed', 'entered-in-error'],
  'on-hold': ['in-progress', 'entered-in-error'],
  rejected: ['entered-in-error'],
  cancelled: ['entered-in-error'],
  failed: ['entered-in-error'],
  completed: ['entered-in-error'],
};

/** By PUT; a pause and its end are operations of their own. */
const planMoves: Readonly<Partial<Record<CarePlan['status'], readonly CarePlan['status'][]>>> = {
  active: ['completed', 'revoked', 'entered-in-error'],
  'on-hold': ['completed', 'revoked', 'entered-in-error'],
  completed: ['entered-in-error'],
  revoked: ['entered-in-error'],
};

const goalMoves: Readonly<Partial<Record<Goal['lifecycleStatus'], readonly Goal['lifecycleStatus'][]>>> = {
  active: ['on-hold', 'completed', 'cancelled', 'entered-in-error'],
  'on-hold': ['active', 'completed', 'cancelled', 'entered-in-error'],
  completed: ['entered-in-error'],
  cancelled: ['entered-in-error'],
};

const final: readonly TaskStatus[] = ['rejected', 'cancelled', 'failed', 'completed', 'entered-in-error'];
export const isOpenTask = (status: TaskStatus | undefined): boolean =>
  status !== undefined && !final.includes(status);
export const isOpenSession = (status: ServiceRequest['status']): boolean =>
  ['draft', 'active', 'on-hold'].includes(status);
const isRunning = (plan: CarePlan['status']): boolean => ['draft', 'active', 'on-hold'].includes(plan);

/** The model after the move; undefined when the move is refused. The same model when there is nothing that it could be about. */
export function after(model: Model, move: Move): Model | undefined {
  const { alarms, diaries } = model;
  const next = followed(model, move);
  return next && { ...(alarms && { alarms }), ...(diaries && { diaries }), ...next };
}

/** What was answered before stays as it is unless the move is about that. */
function followed(model: Model, move: Move): Model | undefined {
  switch (move.kind) {
    case 'refer':
      return referred(model, move);
    case 'task':
      return taskMoved(model, move);
    case 'enroll':
      return enrolled(model, move);
    case 'session':
      return held(model, move);
    case 'revoke':
      return revoked(model, move);
    case 'plan':
      return planMoved(model, move);
    case 'pause':
      return paused(model, move);
    case 'resume':
      return resumed(model, move);
    case 'drop':
      return dropped(model, move);
    case 'add':
      return added(model, move);
    case 'goal':
      return goalMoved(model, move);
    case 'homework':
      return triedAtHome(model, move);
    case 'answer':
      return { ...model, alarms: answered(model.alarms, move) };
    case 'look': {
      const alarms = looked(model.alarms, move);
      return alarms && { ...model, alarms };
    }
    case 'diary':
      return move.isOwn && move.isMarked ? { ...model, diaries: (model.diaries ?? 0) + 1 } : undefined;
    case 'wait':
      return model;
  }
}

/** Is there anything in the record that the move would change, or try to? */
export function isAbout({ referral, course, alarms }: Model, move: Move): boolean {
  const isOther = (from: string | undefined, to: string) => from !== undefined && from !== to;
  switch (move.kind) {
    case 'task':
      return isOther(referral?.tasks[move.owner], move.to);
    case 'plan':
      return isOther(course?.plan, move.to);
    case 'goal':
      return isOther(course?.goal, move.to);
    case 'revoke':
      return isOther(course?.sessions[move.number - 1], 'revoked');
    case 'session':
      return move.number === 'next' ? course !== undefined : course?.sessions[move.number - 1] !== undefined;
    case 'pause':
    case 'resume':
    case 'add':
      return course !== undefined;
    case 'drop':
      return course?.sessions[move.number - 1] !== undefined;
    case 'homework':
      return isOther(course?.homework[move.number - 1]?.status, move.to);
    case 'answer':
    case 'look':
      return isAboutAlarm(alarms, move);
    default:
      return true;
  }
}

function referred(model: Model, move: Move & { kind: 'refer' }): Model | undefined {
  if (!move.isExplained || move.owners.length === 0 || model.referral?.request === 'active') return undefined;
  const tasks = Object.fromEntries(move.owners.map((owner) => [owner, 'requested' as const]));
  const { course } = model;
  return {
    referral: { request: 'active', tasks, episode: 'planned' },
    ...(course && { course: { ...course, isOfReferral: false } }),
  };
}

const stopsSupport: readonly TaskStatus[] = [
  'rejected',
  'cancelled',
  'failed',
  'on-hold',
  'entered-in-error',
];
/** What each move asks for beside the status; a move that lacks it is refused. */
const asksForMore: readonly TaskStatus[] = [...stopsSupport, 'accepted', 'completed'];

function taskMoved(model: Model, move: Move & { kind: 'task' }): Model | undefined {
  const { referral } = model;
  const from = referral?.tasks[move.owner];
  if (!referral || from === undefined || move.isStale) return undefined;
  if (!taskMoves[from]?.includes(move.to)) return undefined;
  if (asksForMore.includes(move.to) && !move.isComplete) return undefined;
  const moved: Referral = { ...referral, tasks: { ...referral.tasks, [move.owner]: move.to } };
  const others = Object.entries(referral.tasks).filter(([owner]) => owner !== move.owner);
  const isLast = !others.some(([, status]) => isOpenTask(status));
  switch (move.to) {
    case 'accepted':
      return accepted(model, moved, move.owner);
    case 'in-progress':
      return { referral: { ...moved, episode: 'active' }, ...courseGoesOn(model, from) };
    case 'on-hold':
      return { referral: { ...moved, episode: 'onhold' }, ...courseRests(model) };
    case 'completed':
      return completed(model, moved);
    case 'failed':
      return ended(model, moved, 'revoked');
    case 'cancelled':
      return isLast ? withdrawn(model, moved) : { ...model, referral: moved };
    case 'entered-in-error':
      return voided(model, moved);
    default:
      return { ...model, referral: moved };
  }
}

function accepted(model: Model, referral: Referral, by: Candidate): Model | undefined {
  if (referral.request !== 'active' || referral.acceptedBy || isStopped(model.alarms)) return undefined;
  const tasks = Object.fromEntries(
    Object.entries(referral.tasks).map(([owner, status]) => [
      owner,
      owner !== by && isOpenTask(status) ? 'cancelled' : status,
    ]),
  );
  return { ...model, referral: { ...referral, tasks, acceptedBy: by, episode: 'waitlist' } };
}

function completed(model: Model, referral: Referral): Model | undefined {
  const isAnyOpen = model.course?.isOfReferral === true && model.course.sessions.some(isOpenSession);
  return isAnyOpen ? undefined : ended(model, referral, 'completed');
}

/** The course of the referral ends with it, and with the course what was planned. */
function ended(model: Model, referral: Referral, plan: 'completed' | 'revoked'): Model {
  return {
    referral: { ...referral, request: 'completed', ...(referral.episode && { episode: 'finished' }) },
    ...courseEnded(model, plan),
  };
}

function withdrawn(model: Model, referral: Referral): Model {
  return {
    referral: { ...referral, request: 'revoked', ...(referral.episode && { episode: 'cancelled' }) },
    ...courseEnded(model, 'revoked'),
  };
}

function courseEnded({ course }: Model, plan: 'completed' | 'revoked'): Pick<Model, 'course'> {
  if (!course) return {};
  if (!course.isOfReferral) return { course };
  const sessions = course.sessions.map((status) => (isOpenSession(status) ? 'revoked' : status));
  const ended = isRunning(course.plan) ? { ...course, plan, ...partsEnded(course, plan) } : course;
  return { course: { ...ended, sessions } };
}

/** The goals stay the person's own: none is cancelled because a course ends. No random move reaches one. */
function partsEnded(
  { goal, team, ownEpisode, homework: tried }: Course,
  end: 'completed' | 'revoked' | 'entered-in-error',
): Pick<Course, 'goal' | 'team' | 'ownEpisode' | 'homework'> {
  const isSought = goal === 'active' || goal === 'on-hold';
  const homework = endedHomework(tried);
  if (end === 'entered-in-error') {
    return { homework, goal: isSought ? end : goal, team: end, ...(ownEpisode && { ownEpisode: end }) };
  }
  return {
    homework,
    goal: isSought ? 'on-hold' : goal,
    team: team === 'active' ? 'inactive' : team,
    ...(ownEpisode && { ownEpisode: 'finished' }),
  };
}

/** What hangs on a referral rests with it. */
const courseRests = ({ course }: Model): Pick<Model, 'course'> =>
  course ? { course: course.isOfReferral && course.plan === 'active' ? resting(course) : course } : {};

const courseGoesOn = ({ course }: Model, from: TaskStatus): Pick<Model, 'course'> =>
  course
    ? {
        course:
          from === 'on-hold' && course.isOfReferral && course.plan === 'on-hold' ? going(course) : course,
      }
    : {};

const resting = (course: Course): Course => ({
  ...course,
  plan: 'on-hold',
  sessions: course.sessions.map((each) => (isOpenSession(each) ? 'on-hold' : each)),
  homework: restingHomework(course.homework),
  ...(course.ownEpisode && { ownEpisode: 'onhold' }),
});

const going = (course: Course): Course => ({
  ...course,
  plan: 'active',
  sessions: course.sessions.map((each) => (isOpenSession(each) ? 'active' : each)),
  homework: goingHomework(course.homework),
  ...(course.ownEpisode && { ownEpisode: 'active' }),
});

function voided(model: Model, referral: Referral): Model {
  const tasks = Object.fromEntries(
    Object.keys(referral.tasks).map((owner) => [owner, 'entered-in-error' as const]),
  );
  const { course } = model;
  return {
    referral: {
      ...referral,
      tasks,
      request: 'entered-in-error',
      ...(referral.episode && { episode: 'entered-in-error' }),
    },
    ...(course && {
      course: course.isOfReferral
        ? {
            ...course,
            plan: 'entered-in-error',
            ...(course.plan === 'entered-in-error' ? {} : partsEnded(course, 'entered-in-error')),
            sessions: course.sessions.map((status) => (isOpenSession(status) ? 'entered-in-error' : status)),
          }
        : course,
    }),
  };
}

/** What the protocol gives when nothing else is asked for. */
const usualSessions = 6;

function enrolled(model: Model, move: Move & { kind: 'enroll' }): Model | undefined {
  const { referral, course } = model;
  if (!move.hasGoal || isStopped(model.alarms) || (course && isRunning(course.plan))) return undefined;
  const begun: Course = {
    plan: 'active',
    sessions: Array.from({ length: usualSessions }, () => 'active'),
    homework: [],
    goal: 'active',
    team: 'active',
    ...(!move.hasReferral && { ownEpisode: 'active' as const }),
    isOfReferral: move.hasReferral,
  };
  if (!move.hasReferral) return { ...model, course: begun };
  const isAccepted = Object.values(referral?.tasks ?? {}).some((status) =>
    ['accepted', 'in-progress'].includes(status),
  );
  if (referral?.request !== 'active' || !isAccepted) return undefined;
  return { referral: { ...referral, episode: 'active' }, course: begun };
}

function held(model: Model, move: Move & { kind: 'session' }): Model | undefined {
  const { course, referral } = model;
  if (course?.plan !== 'active' || move.minutes < 20) return undefined;
  const at = move.number === 'next' ? course.sessions.findIndex(isOpenSession) : move.number - 1;
  if (course.sessions[at] !== 'active') return undefined;
  const sessions = course.sessions.map((status, index) => (index === at ? 'completed' : status));
  const begins =
    course.isOfReferral && referral && isOpenTask(referral.tasks[referral.acceptedBy ?? 'therapist']);
  const tasks = Object.fromEntries(
    Object.entries(referral?.tasks ?? {}).map(([owner, status]) => [
      owner,
      status === 'accepted' ? 'in-progress' : status,
    ]),
  );
  return {
    ...(referral && { referral: begins ? { ...referral, tasks, episode: 'active' } : referral }),
    course: {
      ...course,
      sessions,
      ...(move.hasHomework && { homework: [...course.homework, { status: 'requested' }] }),
    },
  };
}

function triedAtHome(model: Model, { number, to }: Move & { kind: 'homework' }): Model | undefined {
  const { course } = model;
  const now = course?.homework[number - 1];
  const next = now && homeworkMoved(now, to);
  return (
    course && next && { ...model, course: { ...course, homework: course.homework.with(number - 1, next) } }
  );
}

function revoked(model: Model, move: Move & { kind: 'revoke' }): Model | undefined {
  const status = model.course?.sessions[move.number - 1];
  if (!model.course || status === undefined || !isOpenSession(status) || !move.hasReason) return undefined;
  const sessions = model.course.sessions.map((each, index) => (index === move.number - 1 ? 'revoked' : each));
  return { ...model, course: { ...model.course, sessions } };
}

function planMoved(model: Model, move: Move & { kind: 'plan' }): Model | undefined {
  const { course } = model;
  if (!course || !planMoves[course.plan]?.includes(move.to)) return undefined;
  if (['on-hold', 'revoked'].includes(move.to) && !move.hasReason) return undefined;
  if (move.to === 'completed' && course.sessions.some(isOpenSession)) return undefined;
  const follows = { revoked: 'revoked', 'entered-in-error': 'entered-in-error' } as const;
  const end = move.to === 'revoked' || move.to === 'entered-in-error' ? follows[move.to] : undefined;
  const sessions = course.sessions.map((status) => (end && isOpenSession(status) ? end : status));
  const parts =
    move.to === 'completed' || move.to === 'revoked' || move.to === 'entered-in-error'
      ? partsEnded(course, move.to)
      : {};
  return { ...model, course: { ...course, plan: move.to, sessions, ...parts } };
}

function paused(model: Model, { hasReason }: Move & { kind: 'pause' }): Model | undefined {
  const { course, referral } = model;
  if (course?.plan !== 'active' || !hasReason) return undefined;
  const rests = (status: TaskStatus) =>
    status === 'accepted' || status === 'in-progress' ? 'on-hold' : status;
  return {
    ...(referral && {
      referral: course.isOfReferral
        ? { ...withTasks(referral, rests), ...episodeNow(referral, 'onhold') }
        : referral,
    }),
    course: resting(course),
  };
}

function resumed(model: Model, { hasReason }: Move & { kind: 'resume' }): Model | undefined {
  const { course, referral } = model;
  if (course?.plan !== 'on-hold' || !hasReason) return undefined;
  const goesOn = (status: TaskStatus) => (status === 'on-hold' ? 'in-progress' : status);
  return {
    ...(referral && {
      referral: course.isOfReferral
        ? { ...withTasks(referral, goesOn), ...episodeNow(referral, 'active') }
        : referral,
    }),
    course: going(course),
  };
}

const withTasks = (referral: Referral, to: (status: TaskStatus) => TaskStatus): Referral => ({
  ...referral,
  tasks: Object.fromEntries(Object.entries(referral.tasks).map(([owner, status]) => [owner, to(status)])),
});

/** An episode that has ended stays so. */
const episodeNow = ({ episode }: Referral, status: EpisodeOfCare['status']): Pick<Referral, 'episode'> =>
  episode !== undefined && ['active', 'waitlist', 'onhold'].includes(episode) ? { episode: status } : {};

function dropped(model: Model, { number, hasReason }: Move & { kind: 'drop' }): Model | undefined {
  const { course } = model;
  if (course?.plan !== 'active' || course.sessions[number - 1] !== 'active' || !hasReason) return undefined;
  const sessions = course.sessions.map((each, index) => (index === number - 1 ? 'revoked' : each));
  return { ...model, course: { ...course, sessions } };
}

function added(model: Model, { hasReason }: Move & { kind: 'add' }): Model | undefined {
  const { course } = model;
  if (course?.plan !== 'active' || !hasReason) return undefined;
  // One session has no distance to another, by which a day could be counted.
  if (course.sessions.filter((status) => status !== 'revoked').length < 2) return undefined;
  return { ...model, course: { ...course, sessions: [...course.sessions, 'active'] } };
}

function goalMoved(model: Model, move: Move & { kind: 'goal' }): Model | undefined {
  const { course } = model;
  if (!course || !goalMoves[course.goal]?.includes(move.to)) return undefined;
  return { ...model, course: { ...course, goal: move.to } };
}
