// The job that sees to it that no referral waits unanswered, nor accepted without a beginning, nor under way without anything behind it: a
// Task to whoever was asked, later one to whoever referred.
import type { Appointment, CarePlan, ServiceRequest, Task } from '@medplum/fhirtypes';
import type { CalendarDate } from '../../course/calendar.ts';
import { courseSystem, isOfCourse } from '../../course/course-codes.ts';
import { isOpenSession } from '../../course/course-moves.ts';
import {
  isCarried,
  isLeftOpenForLong,
  isUnderWayReferral,
} from '../../course/referral/left-open-referral.ts';
import {
  isWaitingReferral,
  passedPromise,
  passedPromiseStep,
  type ReferralSides,
  staleReferralStep,
} from '../../course/referral/stale-referral.ts';
import { isOpenTask, isWatchTask, watchTasksAbout } from '../../course/watch/watch-tasks.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork, PersonAtHand } from './watch-round.ts';
import { whoStillWorks } from './who-still-works.ts';

export const escalateStaleReferrals: JobWork = {
  effect: 'escalate-stale-referrals',
  searches: ['Task', 'CarePlan'],
  sets: ['referral-waiting', 'promise-passed', 'referral-left-open'],

  async people(round) {
    const waiting = await peopleWith(
      round,
      'Task',
      [
        byToken('code', { system: courseSystem, code: 'referral' }),
        byToken('status', { code: 'requested' }, { code: 'received' }, { code: 'accepted' }),
      ],
      (task) => isWaitingReferral(task) || passedPromise(task, daysOf(round.context)) !== undefined,
    );
    const inCourse = await peopleWith(
      round,
      'CarePlan',
      [byToken('status', { code: 'active' }, { code: 'on-hold' })],
      isOfCourse,
    );
    const underWay = await peopleWith(
      round,
      'Task',
      [
        byToken('code', { system: courseSystem, code: 'referral' }),
        byToken('status', { code: 'in-progress' }, { code: 'on-hold' }),
      ],
      isUnderWayReferral,
    );
    const reminded = await peopleWith(
      round,
      'Task',
      [
        byToken(
          'code',
          { code: 'referral-waiting' },
          { code: 'promise-passed' },
          { code: 'referral-left-open' },
        ),
      ],
      isReminder,
    );
    return new Set([...waiting, ...[...underWay].filter((id) => !inCourse.has(id)), ...reminded]);
  },

  async forPerson(person) {
    const { tasks, today, dayOf, set, rule } = person;
    const around = await aroundReferrals(person);
    const late = latePromises(person, around);
    const leftOpen = tasks.filter((task) => isUnderWayReferral(task) && !isCarried(task, around));
    await takeBackAnswered(person, late, leftOpen);
    const rules = {
      'referral-waiting': rule('referral-waiting'),
      'referral-waiting-requester': rule('referral-waiting-requester'),
      'referral-question-waiting': rule('referral-question-waiting'),
      'promise-passed': rule('promise-passed'),
      'promise-passed-requester': rule('promise-passed-requester'),
    };
    for (const task of tasks) {
      const promised = late.get(`Task/${task.id}`);
      if (!isWaitingReferral(task) && promised === undefined) continue;
      const about = `Task/${task.id}`;
      const sides = await sidesOf(person, task);
      const looking = { sides, rules, today, dayOf };
      const step =
        promised === undefined
          ? staleReferralStep(task, {
              ...looking,
              earlier: watchTasksAbout(tasks, about, 'referral-waiting'),
            })
          : passedPromiseStep(promised, {
              ...looking,
              earlier: watchTasksAbout(tasks, about, 'promise-passed').filter(
                ({ authoredOn = '' }) => dayOf(authoredOn) > promised,
              ),
            });
      if (step) await set({ rule: rules[step.rule], about, named: [step.owner] });
    }
    for (const task of leftOpen) await askHowItGoesOn(person, task, around);
  },
};

async function askHowItGoesOn(
  { tasks, today, dayOf, rule, set }: PersonAtHand,
  task: Task,
  { carePlans }: AroundReferrals,
): Promise<void> {
  const about = `Task/${task.id}`;
  const how = rule('referral-left-open');
  const earlier = watchTasksAbout(tasks, about, 'referral-left-open');
  if (isLeftOpenForLong(task, { earlier, carePlans, rule: how, today, dayOf })) {
    await set({ rule: how, about, named: [task.owner?.reference] });
  }
}

interface AroundReferrals {
  readonly carePlans: readonly CarePlan[];
  readonly requests: readonly ServiceRequest[];
  /** Those that lie ahead, today's among them. */
  readonly appointments: readonly Appointment[];
}

const nothing: AroundReferrals = { carePlans: [], requests: [], appointments: [] };

async function aroundReferrals({ context, tasks, reference }: PersonAtHand): Promise<AroundReferrals> {
  const days = daysOf(context);
  const matters = (task: Task) => passedPromise(task, days) !== undefined || isUnderWayReferral(task);
  if (!tasks.some(matters)) return nothing;
  const { store } = context;
  const subject = byReference('subject', reference);
  const appointments = await findResources(store, 'Appointment', [
    byReference('patient', reference),
    byToken('status', { code: 'proposed' }, { code: 'pending' }, { code: 'booked' }, { code: 'arrived' }),
  ]);
  return {
    carePlans: await findResources(store, 'CarePlan', [subject]),
    requests: await findResources(store, 'ServiceRequest', [subject]),
    appointments: appointments.filter(({ start }) => (days.dayOf(start) ?? '') >= days.today),
  };
}

/** "Task/x" of what was accepted for a day that has passed, with that day; not where sessions are planned, or an appointment lies ahead. */
function latePromises(
  { context, tasks }: PersonAtHand,
  { requests, appointments }: AroundReferrals,
): ReadonlyMap<string, CalendarDate> {
  const days = daysOf(context);
  // A course that is planned has watches of its own, and begins with the first session that is held.
  const planned = requests.filter(({ status }) => status === 'completed' || isOpenSession(status));
  const inHand = new Set(
    [...appointments, ...planned].flatMap(({ basedOn }) => basedOn?.map((each) => each.reference) ?? []),
  );
  return new Map(
    tasks.flatMap((task) => {
      const promised = passedPromise(task, days);
      return promised === undefined || inHand.has(task.focus?.reference)
        ? []
        : [[`Task/${task.id}`, promised] as const];
    }),
  );
}

/** Nobody answers, or chooses, in the place of whoever was asked; whoever referred has somebody who does. */
async function sidesOf(
  { context, reference }: PersonAtHand,
  { owner, requester }: Task,
): Promise<ReferralSides> {
  return {
    asked: await whoStillWorks(context, reference, owner?.reference),
    referring: await whoTakesOn(context, reference, requester?.reference),
  };
}

const isReminder = (task: Task) =>
  isWatchTask(task, 'referral-waiting', 'promise-passed', 'referral-left-open') && isOpenTask(task);

async function takeBackAnswered(
  { tasks, takeBack }: PersonAtHand,
  late: ReadonlyMap<string, CalendarDate>,
  leftOpen: readonly Task[],
): Promise<void> {
  const referencesOf = (some: readonly Task[]) => new Set(some.map(({ id }) => `Task/${id}`));
  const [waiting, uncarried] = [referencesOf(tasks.filter(isWaitingReferral)), referencesOf(leftOpen)];
  for (const task of tasks.filter(isReminder)) {
    const about = task.focus?.reference ?? '';
    if (isWatchTask(task, 'promise-passed')) {
      if (!late.has(about)) await takeBack(task, 'begins-or-another-day');
    } else if (isWatchTask(task, 'referral-left-open')) {
      if (!uncarried.has(about)) await takeBack(task, 'begins-or-another-day');
    } else if (!waiting.has(about)) {
      await takeBack(task, 'referral-answered');
    }
  }
}
