// The job that sees to it that no referral waits unanswered, nor accepted without a beginning: a Task to whoever was asked, later one to
// whoever referred.
import type { Task } from '@medplum/fhirtypes';
import type { CalendarDate } from '../../course/calendar.ts';
import { courseSystem } from '../../course/course-codes.ts';
import { isOpenSession } from '../../course/course-moves.ts';
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
  searches: ['Task'],
  sets: ['referral-waiting', 'promise-passed'],

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
    const reminded = await peopleWith(
      round,
      'Task',
      [byToken('code', { code: 'referral-waiting' }, { code: 'promise-passed' })],
      (task) => isReminder(task),
    );
    return new Set([...waiting, ...reminded]);
  },

  async forPerson(person) {
    const { tasks, today, dayOf, set, rule } = person;
    const late = await latePromises(person);
    await takeBackAnswered(person, late);
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
  },
};

/** "Task/x" of what was accepted for a day that has passed, with that day; not where sessions are planned, or an appointment lies ahead. */
async function latePromises({
  context,
  tasks,
  reference,
}: PersonAtHand): Promise<ReadonlyMap<string, CalendarDate>> {
  const days = daysOf(context);
  const late = tasks.flatMap((task) => {
    const promised = passedPromise(task, days);
    return promised === undefined ? [] : [{ task, promised }];
  });
  if (late.length === 0) return new Map();
  const { store } = context;
  const booked = (
    await findResources(store, 'Appointment', [
      byReference('patient', reference),
      byToken('status', { code: 'proposed' }, { code: 'pending' }, { code: 'booked' }, { code: 'arrived' }),
    ])
  ).filter(({ start }) => (days.dayOf(start) ?? '') >= days.today);
  // A course that is planned has watches of its own, and begins with the first session that is held.
  const planned = (await findResources(store, 'ServiceRequest', [byReference('subject', reference)])).filter(
    ({ status }) => status === 'completed' || isOpenSession(status),
  );
  const inHand = new Set(
    [...booked, ...planned].flatMap(({ basedOn }) => basedOn?.map((each) => each.reference) ?? []),
  );
  return new Map(
    late.flatMap(({ task, promised }) =>
      inHand.has(task.focus?.reference) ? [] : [[`Task/${task.id}`, promised] as const],
    ),
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
  isWatchTask(task, 'referral-waiting', 'promise-passed') && isOpenTask(task);

async function takeBackAnswered(
  { tasks, takeBack }: PersonAtHand,
  late: ReadonlyMap<string, CalendarDate>,
): Promise<void> {
  const waiting = new Set(tasks.filter(isWaitingReferral).map(({ id }) => `Task/${id}`));
  for (const task of tasks.filter(isReminder)) {
    const about = task.focus?.reference ?? '';
    if (isWatchTask(task, 'promise-passed')) {
      if (!late.has(about)) await takeBack(task, 'begins-or-another-day');
    } else if (!waiting.has(about)) {
      await takeBack(task, 'referral-answered');
    }
  }
}
