// The job that asks, some months after a course, how it is now: at the times that the course's own protocol gives, however the course ended.
import type { CarePlan } from '@medplum/fhirtypes';
import { hasCourseCode, isOfCourse } from '../../course/course-codes.ts';
import { followUpDue, plannedFollowUps } from '../../course/plan/planned-follow-ups.ts';
import { endOfCourse } from '../../course/watch/dead-ends.ts';
import { isOpenTask, isWatchTask, watchTasksAbout } from '../../course/watch/watch-tasks.ts';
import { isEnded, isRunning } from '../../course/watch/whose-turn.ts';
import { protocolToGoOnBy } from '../courses/protocol-of-course.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork, PersonAtHand } from './watch-round.ts';

export const offerFollowUps: JobWork = {
  effect: 'offer-follow-ups',
  searches: ['CarePlan', 'Task'],
  sets: ['follow-up-due'],

  async people(round) {
    const ended = await peopleWith(
      round,
      'CarePlan',
      [byToken('status', { code: 'completed' }, { code: 'revoked' })],
      isOfCourse,
    );
    const asked = await peopleWith(round, 'Task', [byToken('code', { code: 'follow-up-due' })], isOpenTask);
    return new Set([...ended, ...asked]);
  },

  async forPerson(person) {
    const { context, reference, tasks, today, rule, set } = person;
    const found = await findResources(context.store, 'CarePlan', [byReference('subject', reference)]);
    const courses = found.filter(isOfCourse);
    await takeBackMoot(person, courses);
    // Whoever is in a course again is asked there.
    if (courses.some(isRunning)) return;
    const how = rule('follow-up');
    const episodes = await findResources(context.store, 'EpisodeOfCare', [byReference('patient', reference)]);
    for (const carePlan of courses.filter(isEnded)) {
      const end = endOfCourse(carePlan, episodes, person);
      const protocol = await protocolToGoOnBy(context, carePlan);
      const due =
        end && protocol ? followUpDue(plannedFollowUps(protocol), end, today, how.looksBack) : undefined;
      if (!due) continue;
      const about = `CarePlan/${carePlan.id}`;
      if (await wasHad(person, about)) continue;
      const canonical = `${protocol?.url}|${protocol?.version}#${due.actionId}`;
      const earlier = watchTasksAbout(tasks, about, 'follow-up-due');
      const isOffered = earlier.some((task) => task.instantiatesCanonical === canonical || isOpenTask(task));
      if (isOffered) continue;
      await set({ rule: how, about, carePlan: about, canonical, named: [carePlan.author?.reference] });
    }
  },
};

/** What was asked before somebody was in a course again, or about a course that turned out not to have ended. */
async function takeBackMoot({ tasks, takeBack }: PersonAtHand, courses: readonly CarePlan[]): Promise<void> {
  const ended = new Set(courses.filter(isEnded).map(({ id }) => `CarePlan/${id}`));
  for (const task of tasks.filter((each) => isWatchTask(each, 'follow-up-due') && isOpenTask(each))) {
    if (courses.some(isRunning)) await takeBack(task, 'in-course-again');
    else if (!ended.has(task.focus?.reference ?? '')) await takeBack(task, 'no-such-course-ended');
  }
}

/** A group plans its contact as a Task of its own from the start: whoever closes that has been in touch, and is not reminded any more. */
async function wasHad({ tasks, takeBack }: PersonAtHand, about: string): Promise<boolean> {
  const planned = tasks.filter(
    ({ code, focus }) => hasCourseCode(code, 'follow-up') && focus?.reference === about,
  );
  if (!planned.some(({ status }) => status === 'completed')) return false;
  const reminders = watchTasksAbout(tasks, about, 'follow-up-due').filter(isOpenTask);
  for (const task of reminders) await takeBack(task, 'been-in-touch');
  return true;
}
