// The job that sees to it that no referral waits unanswered: a Task to whoever was asked, later one to whoever referred.
import type { Task } from '@medplum/fhirtypes';
import { courseSystem } from '../../course/course-codes.ts';
import {
  isWaitingReferral,
  type ReferralSides,
  staleReferralStep,
} from '../../course/referral/stale-referral.ts';
import { isOpenTask, isWatchTask, watchTasksAbout } from '../../course/watch/watch-tasks.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import { byToken } from '../resources/find-resources.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork, PersonAtHand } from './watch-round.ts';
import { whoStillWorks } from './who-still-works.ts';

export const escalateStaleReferrals: JobWork = {
  effect: 'escalate-stale-referrals',
  searches: ['Task'],

  async people(round) {
    const waiting = await peopleWith(round, 'Task', [
      byToken('code', { system: courseSystem, code: 'referral' }),
      byToken('status', { code: 'requested' }, { code: 'received' }),
    ]);
    const reminded = await peopleWith(
      round,
      'Task',
      [byToken('code', { code: 'referral-waiting' })],
      (task) => isReminder(task),
    );
    return new Set([...waiting, ...reminded]);
  },

  async forPerson(person) {
    await takeBackAnswered(person);
    const rules = {
      'referral-waiting': person.rule('referral-waiting'),
      'referral-waiting-requester': person.rule('referral-waiting-requester'),
      'referral-question-waiting': person.rule('referral-question-waiting'),
    };
    for (const task of person.tasks.filter(isWaitingReferral)) {
      const about = `Task/${task.id}`;
      const earlier = watchTasksAbout(person.tasks, about, 'referral-waiting');
      const sides = await sidesOf(person, task);
      const step = staleReferralStep(task, sides, earlier, rules, person.today, person.dayOf);
      if (step) await person.set({ rule: rules[step.rule], about, named: [step.owner] });
    }
  },
};

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

const isReminder = (task: Task) => isWatchTask(task, 'referral-waiting') && isOpenTask(task);

async function takeBackAnswered({ tasks, takeBack }: PersonAtHand): Promise<void> {
  const waiting = new Set(tasks.filter(isWaitingReferral).map(({ id }) => `Task/${id}`));
  for (const task of tasks.filter(isReminder)) {
    if (!waiting.has(task.focus?.reference ?? '')) {
      await takeBack(task, 'The referral has been answered');
    }
  }
}
