// The job that looks for alarms whose time has passed while nobody looked: each goes to whoever is next, and in the end to whoever watches
// over Tasks without an owner. An alarm itself never ends by itself.
import type { Task } from '@medplum/fhirtypes';
import { isAlarmTask, isPastDue } from '../../course/watch/dead-ends.ts';
import {
  isOpenTask,
  isWatchTask,
  openTaskStatuses,
  watchTasksAbout,
} from '../../course/watch/watch-tasks.ts';
import { careManagerOf } from '../../course/watch/whose-turn.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork, PersonAtHand } from './watch-round.ts';
import { whoStillWorks } from './who-still-works.ts';

export const escalateAlarms: JobWork = {
  effect: 'escalate-alarms',
  searches: ['Task'],

  people: (round) =>
    peopleWith(
      round,
      'Task',
      [byToken('status', ...openTaskStatuses.map((code) => ({ code })))],
      (task) => isAlarmTask(task) || isWatchTask(task, 'alarm-waiting'),
    ),

  async forPerson(person) {
    const { context, reference, tasks, rule, set, takeBack } = person;
    for (const task of tasks.filter((each) => isWatchTask(each, 'alarm-waiting') && isOpenTask(each))) {
      const alarm = tasks.find(({ id }) => `Task/${id}` === task.focus?.reference);
      if (!alarm || !isOpenTask(alarm)) await takeBack(task, 'alarm-looked-at');
    }
    const now = context.clock.now();
    const late = tasks.filter((task) => isAlarmTask(task) && isPastDue(task, now, person.today));
    if (late.length === 0) return;
    const carePlans = await findResources(context.store, 'CarePlan', [byReference('subject', reference)]);
    const episodes = await findResources(context.store, 'EpisodeOfCare', [byReference('patient', reference)]);
    const ladder = [
      await whoTakesOn(context, reference),
      await whoStillWorks(context, reference, careManagerOf(carePlans, episodes)),
    ];
    for (const alarm of late) {
      const next = whoIsNext(alarm, person, ladder);
      if (next.kind === 'ask') {
        await set({
          rule: rule('alarm-waiting'),
          about: `Task/${alarm.id}`,
          priority: 'asap',
          ...(next.owner !== undefined && { named: [next.owner] }),
        });
      }
    }
  },
};

type Next = { readonly kind: 'in-hand' } | { readonly kind: 'ask'; readonly owner: string | undefined };

/** The first of the ladder who was not asked yet; nobody by name when all were. Nobody new while the last one still has time. */
function whoIsNext(
  alarm: Task,
  { tasks, today, context }: PersonAtHand,
  ladder: readonly (string | undefined)[],
): Next {
  const earlier = watchTasksAbout(tasks, `Task/${alarm.id}`, 'alarm-waiting');
  const last = earlier.at(-1);
  const isInTime = last !== undefined && isOpenTask(last) && !isPastDue(last, context.clock.now(), today);
  const isWithNobody = earlier.some((task) => isOpenTask(task) && task.owner === undefined);
  if (isInTime || isWithNobody) return { kind: 'in-hand' };
  const asked = new Set([alarm, ...earlier].map(({ owner }) => owner?.reference));
  return { kind: 'ask', owner: ladder.find((each) => each !== undefined && !asked.has(each)) };
}
