// The job that looks for people in support who have no next step with an owner, and puts each in front of somebody.
import type { CarePlan, EpisodeOfCare, ServiceRequest, Task } from '@medplum/fhirtypes';
import { courseSystem, hasCourseCode, isOfCourse } from '../../course/course-codes.ts';
import { isCoordinationTask } from '../../course/referral/referral-resources.ts';
import {
  endOfCourse,
  isAlarmTask,
  isOwnedStep,
  isUntakenReferral,
  lastAnswerOf,
} from '../../course/watch/dead-ends.ts';
import {
  isLongSince,
  isOpenTask,
  isWatchTask,
  openTaskStatuses,
  watchTasksAbout,
} from '../../course/watch/watch-tasks.ts';
import { careManagerOf, isEnded, isRunning } from '../../course/watch/whose-turn.ts';
import type { SearchFilter } from '../../fhir/search-query.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import { hasClosingLetter } from '../courses/closing-letters.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork, PersonAtHand } from './watch-round.ts';
import { inBatches, whoHasStopped } from './who-has-stopped.ts';
import { ownerTypes, whoStillWorks } from './who-still-works.ts';

export const sweepDeadEnds: JobWork = {
  effect: 'sweep-dead-ends',
  searches: ['Task', 'ServiceRequest', 'CarePlan', ...ownerTypes],
  sets: ['no-next-step', 'closing-letter-due'],

  async people(round) {
    const referred = await peopleWith(
      round,
      'ServiceRequest',
      [
        byToken('category', { system: courseSystem, code: 'referral' }),
        byToken('status', { code: 'active' }),
      ],
      isUntakenReferral,
    );
    const ended = await peopleWith(
      round,
      'CarePlan',
      [byToken('status', { code: 'completed' }, { code: 'revoked' })],
      isOfCourse,
    );
    const unowned = await peopleWith(
      round,
      'Task',
      [{ parameter: 'owner', test: { kind: 'missing', missing: true } }],
      isOpenTask,
    );
    const swept = await peopleWith(
      round,
      'Task',
      [byToken('code', { code: 'no-next-step' }, { code: 'closing-letter-due' })],
      isOpenTask,
    );
    const left: string[] = [];
    for (const some of inBatches(await whoHasStopped(round.context))) {
      left.push(...(await peopleWith(round, 'Task', [byReference('owner', ...some)], isOpenTask)));
    }
    const withTeams = await peopleWith(round, 'Task', [isOpen, ownedByTeam], isOpenTask);
    return new Set([...referred, ...ended, ...unowned, ...left, ...withTeams, ...swept]);
  },

  async forPerson(person) {
    const { context, reference } = person;
    const { store } = context;
    const subject = [byReference('subject', reference)];
    const requests = await findResources(store, 'ServiceRequest', subject);
    const carePlans = (await findResources(store, 'CarePlan', subject)).filter(isOfCourse);
    const episodes = await findResources(store, 'EpisodeOfCare', [byReference('patient', reference)]);
    await sweepReferrals(person, requests);
    await sweepCourses(person, carePlans, episodes, requests);
    await sweepUnowned(person, careManagerOf(carePlans, episodes));
  },
};

const isOpen = byToken('status', ...openTaskStatuses.map((code) => ({ code })));
/** Whether anybody in the team works is looked at one by one. */
const ownedByTeam: SearchFilter = {
  parameter: 'owner',
  test: {
    kind: 'chain',
    links: [{ type: 'CareTeam', filter: { parameter: '_id', test: { kind: 'missing', missing: false } } }],
  },
};

/** Everybody who was asked has answered, and nobody takes it. */
async function sweepReferrals(person: PersonAtHand, requests: readonly ServiceRequest[]): Promise<void> {
  const { tasks, today, dayOf, rule, set, takeBack } = person;
  const how = rule('referral-without-candidate');
  for (const request of requests.filter(({ category }) =>
    category?.some((concept) => hasCourseCode(concept, 'referral')),
  )) {
    const about = `ServiceRequest/${request.id}`;
    const earlier = watchTasksAbout(tasks, about, 'no-next-step');
    const answered = isUntakenReferral(request) ? lastAnswerOf(request, tasks) : undefined;
    if (answered === undefined) {
      for (const task of earlier.filter(isOpenTask)) await takeBack(task, 'referral-goes-on');
      continue;
    }
    const isInHand = tasks.some(
      (task) => task.focus?.reference === about && !isCoordinationTask(task) && isOwnedStep(task),
    );
    const since = earlier.at(-1)?.authoredOn ?? answered;
    if (!isInHand && !earlier.some(isOpenTask) && isLongSince(dayOf(since), how, today)) {
      await set({ rule: how, about, named: [request.requester?.reference] });
    }
  }
}

/** A course ended: was there ever a next step for somebody, and is there a letter to the general practitioner? */
async function sweepCourses(
  person: PersonAtHand,
  carePlans: readonly CarePlan[],
  episodes: readonly EpisodeOfCare[],
  requests: readonly ServiceRequest[],
): Promise<void> {
  const { tasks, today, dayOf, rule, set, takeBack } = person;
  const isCaredForNow = carePlans.some(isRunning);
  await takeBackMoot(person, carePlans);
  for (const carePlan of carePlans.filter(isEnded)) {
    const about = `CarePlan/${carePlan.id}`;
    const end = endOfCourse(carePlan, episodes, person);
    if (end === undefined) continue;
    const referral = carePlan.supportingInfo?.find(({ reference }) =>
      reference?.startsWith('ServiceRequest/'),
    )?.reference;
    const requester = requests.find(({ id }) => `ServiceRequest/${id}` === referral)?.requester?.reference;
    const steps = tasks.filter(
      (task) =>
        !isWatchTask(task, 'closing-letter-due') &&
        !isCoordinationTask(task) &&
        (task.focus?.reference === about || task.focus?.reference === referral) &&
        (task.authoredOn === undefined || dayOf(task.authoredOn) >= end),
    );
    const step = rule('course-without-follow-up');
    if (!isCaredForNow && steps.length === 0 && isLongSince(end, step, today)) {
      await set({ rule: step, about, carePlan: about, named: [requester] });
    }
    const letters = watchTasksAbout(tasks, about, 'closing-letter-due');
    const letter = rule('closing-letter');
    if (await hasClosingLetter(person, carePlan, referral)) {
      for (const task of letters.filter(isOpenTask)) await takeBack(task, 'letter-is-there');
    } else if (letters.length === 0 && isLongSince(end, letter, today)) {
      await set({ rule: letter, about, carePlan: about, named: [carePlan.author?.reference] });
    }
  }
}

/** What was asked about a course that turned out not to have ended, or before the person was in a course again. */
async function takeBackMoot(
  { tasks, takeBack }: PersonAtHand,
  carePlans: readonly CarePlan[],
): Promise<void> {
  const about = new Map(carePlans.map((carePlan) => [`CarePlan/${carePlan.id}`, carePlan]));
  for (const task of tasks.filter(isOpenTask)) {
    const carePlan = about.get(task.focus?.reference ?? '');
    if (!carePlan || !isWatchTask(task, 'no-next-step', 'closing-letter-due')) continue;
    if (!isEnded(carePlan)) await takeBack(task, 'course-not-ended');
    else if (isWatchTask(task, 'no-next-step') && carePlans.some(isRunning))
      await takeBack(task, 'in-course-again');
  }
}

/**
 * Nobody has it, or somebody who has stopped working since. Only where the record names somebody else: otherwise the Task itself is what
 * is found, by Task?owner:missing=true.
 */
async function sweepUnowned(person: PersonAtHand, careManager: string | undefined): Promise<void> {
  const { tasks, today, dayOf, rule, set, takeBack } = person;
  const how = rule('task-without-owner');
  const owner = await whoTakesOn(person.context, person.reference, careManager);
  const stopped = await stoppedOwners(person);
  for (const task of tasks) {
    const about = `Task/${task.id}`;
    const earlier = watchTasksAbout(tasks, about, 'no-next-step');
    if (!isUnowned(task, stopped)) {
      for (const each of earlier.filter(isOpenTask)) await takeBack(each, 'task-taken-or-done');
    } else if (owner !== undefined && !earlier.some(isOpenTask)) {
      const since = earlier.at(-1)?.authoredOn ?? task.authoredOn ?? task.meta?.lastUpdated;
      if (since !== undefined && isLongSince(dayOf(since), how, today))
        await set({ rule: how, about, named: [owner] });
    }
  }
}

/** Each who has an open Task is looked at once. */
async function stoppedOwners({ context, reference, tasks }: PersonAtHand): Promise<ReadonlySet<string>> {
  const owners = new Set(tasks.filter(isOpenTask).flatMap(({ owner }) => owner?.reference ?? []));
  const stopped = new Set<string>();
  for (const owner of owners) {
    if ((await whoStillWorks(context, reference, owner)) === undefined) stopped.add(owner);
  }
  return stopped;
}

/** A referral that waits, and an alarm, have jobs of their own that go on to whoever is next. */
function isUnowned(task: Task, stopped: ReadonlySet<string>): boolean {
  if (!isOpenTask(task) || task.status === 'draft') return false;
  const owner = task.owner?.reference;
  return owner === undefined || (stopped.has(owner) && !isCoordinationTask(task) && !isAlarmTask(task));
}
