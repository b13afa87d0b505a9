// The job that looks at courses that have been paused for long: whoever carries the course asks how it is, and agrees what follows.
import type { CarePlan } from '@medplum/fhirtypes';
import { isOfCourse } from '../../course/course-codes.ts';
import { isLongSince, isOpenTask, isWatchTask, watchTasksAbout } from '../../course/watch/watch-tasks.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork, PersonAtHand } from './watch-round.ts';

export const lookAtLongPauses: JobWork = {
  effect: 'look-at-long-pauses',
  searches: ['CarePlan', 'Task'],
  sets: ['long-pause'],

  async people(round) {
    const paused = await peopleWith(round, 'CarePlan', [byToken('status', { code: 'on-hold' })], isOfCourse);
    const asked = await peopleWith(round, 'Task', [byToken('code', { code: 'long-pause' })], isOpenTask);
    return new Set([...paused, ...asked]);
  },

  async forPerson(person) {
    const { context, reference, tasks, today, dayOf, rule, set, takeBack } = person;
    const found = await findResources(context.store, 'CarePlan', [byReference('subject', reference)]);
    const paused = found.filter((carePlan) => isOfCourse(carePlan) && carePlan.status === 'on-hold');
    for (const task of tasks.filter((each) => isWatchTask(each, 'long-pause') && isOpenTask(each))) {
      if (!paused.some(({ id }) => `CarePlan/${id}` === task.focus?.reference)) {
        await takeBack(task, 'course-not-paused');
      }
    }
    const how = rule('long-pause');
    for (const carePlan of paused) {
      const about = `CarePlan/${carePlan.id}`;
      const earlier = watchTasksAbout(tasks, about, 'long-pause');
      if (earlier.some(isOpenTask)) continue;
      const since = [await pausedSince(person, carePlan), earlier.at(-1)?.authoredOn]
        .filter((instant) => instant !== undefined)
        .toSorted()
        .at(-1);
      if (since !== undefined && isLongSince(dayOf(since), how, today)) {
        await set({ rule: how, about, carePlan: about, named: [carePlan.author?.reference] });
      }
    }
  },
};

const versionsAtOnce = 50;

/** The instant of the first of the newest versions that are all paused: whatever paused it, and whatever was changed since. */
async function pausedSince({ context }: PersonAtHand, carePlan: CarePlan): Promise<string | undefined> {
  let since: string | undefined;
  let cursor: string | undefined;
  do {
    const page = await context.store.history('CarePlan', carePlan.id ?? '', {
      count: versionsAtOnce,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { json, lastUpdated } of page.entries) {
      const version: unknown = json === undefined ? undefined : JSON.parse(json);
      const isPaused =
        typeof version === 'object' &&
        version !== null &&
        'status' in version &&
        version.status === 'on-hold';
      if (!isPaused) return since;
      since = lastUpdated;
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return since;
}
