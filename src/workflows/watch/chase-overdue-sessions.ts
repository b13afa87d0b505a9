// The job that asks the therapist about planned sessions whose day has passed without a record, and about a course that is open while no
// session lies ahead, and notes for the next session that the time of something to try at home has passed. None says anything about the
// person.
import type { CarePlan, ServiceRequest, Task } from '@medplum/fhirtypes';
import { courseIdOf, courseSystem, hasCourseCode, isOfCourse } from '../../course/course-codes.ts';
import { isOpenSession } from '../../course/course-moves.ts';
import { inOrder, nextSession } from '../../course/next-step/next-step.ts';
import { isLongSince, isOpenTask, isWatchTask, watchTasksAbout } from '../../course/watch/watch-tasks.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork, PersonAtHand } from './watch-round.ts';

export const chaseOverdueSessions: JobWork = {
  effect: 'chase-overdue-sessions',
  searches: ['ServiceRequest', 'Task', 'CarePlan'],
  sets: ['session-unrecorded', 'step-at-home-ended', 'course-left-open'],

  async people(round) {
    const goingOn = new Set<string | undefined>();
    const sessions = await peopleWith(
      round,
      'ServiceRequest',
      [ofCourses, byToken('status', { code: 'active' }, { code: 'draft' }, { code: 'on-hold' })],
      (session) => {
        // One walk over what is open tells also which courses have something open.
        goingOn.add(session.requisition?.value);
        return isToRecord(session) && isBefore(session, round);
      },
    );
    const leftOpen = await peopleWith(
      round,
      'CarePlan',
      [byToken('status', { code: 'active' })],
      (carePlan) => isOfCourse(carePlan) && !goingOn.has(courseIdOf(carePlan)),
    );
    const steps = await peopleWith(
      round,
      'Task',
      [byToken('code', { system: courseSystem, code: 'homework' })],
      (task) => isOpenTask(task) && round.dayOf(task.executionPeriod?.end ?? '9999') < round.today,
    );
    const noted = await peopleWith(
      round,
      'Task',
      [
        byToken(
          'code',
          { code: 'session-unrecorded' },
          { code: 'step-at-home-ended' },
          { code: 'course-left-open' },
        ),
      ],
      isOpenTask,
    );
    return new Set([...sessions, ...leftOpen, ...steps, ...noted]);
  },

  async forPerson(person) {
    const { store } = person.context;
    const subject = byReference('subject', person.reference);
    const carePlans = (await findResources(store, 'CarePlan', [subject])).filter(isOfCourse);
    const sessions = await findResources(store, 'ServiceRequest', [subject, ofCourses]);
    await takeBackRecorded(person, carePlans, sessions);
    for (const carePlan of carePlans.filter(({ status }) => status === 'active')) {
      const own = sessions.filter((session) => isSessionOf(session, carePlan));
      await askForSession(person, carePlan, own);
      await askForEnd(person, carePlan, own);
      await noteSteps(person, carePlan, own);
    }
  },
};

const isBefore = (
  { occurrenceDateTime }: ServiceRequest,
  { today, dayOf }: Pick<PersonAtHand, 'today' | 'dayOf'>,
) => occurrenceDateTime !== undefined && dayOf(occurrenceDateTime) < today;

function isSessionOf({ requisition }: ServiceRequest, carePlan: CarePlan): boolean {
  const course = courseIdOf(carePlan);
  return course !== undefined && requisition?.value === course;
}

/** A day of a group is a session of each member too, and is recorded for all of them at once. */
const ofCourses = byToken(
  'code',
  { system: courseSystem, code: 'therapy-session' },
  { system: courseSystem, code: 'group-day' },
);

/** One that a therapist has yet to record. */
const isToRecord = ({ status, code }: ServiceRequest) =>
  (status === 'active' || status === 'draft') && hasCourseCode(code, 'therapy-session');

/** The first one only: those behind it are late for the same reason. */
async function askForSession(
  person: PersonAtHand,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<void> {
  const { tasks, today, dayOf, rule, set } = person;
  const how = rule('session-unrecorded');
  const session = inOrder(sessions).find((each) => isToRecord(each) && isBefore(each, person));
  if (!session?.occurrenceDateTime || isSpokenAbout(tasks, session)) return;
  const about = `ServiceRequest/${session.id}`;
  const isAsked = sessions.some((each) =>
    watchTasksAbout(tasks, `ServiceRequest/${each.id}`, 'session-unrecorded').some(isOpenTask),
  );
  const last = watchTasksAbout(tasks, about, 'session-unrecorded').at(-1)?.authoredOn;
  if (isAsked || !isLongSince(dayOf(last ?? session.occurrenceDateTime), how, today)) return;
  const named = [session.performer?.[0]?.reference, carePlan.author?.reference];
  await set({ rule: how, about, carePlan: `CarePlan/${carePlan.id}`, named });
}

/** The course never just stops: somebody plans on, or ends it with a next step. */
async function askForEnd(
  person: PersonAtHand,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<void> {
  if (hasOpen(sessions)) return;
  const { tasks, today, dayOf, rule, set } = person;
  const how = rule('course-left-open');
  const about = `CarePlan/${carePlan.id}`;
  const earlier = watchTasksAbout(tasks, about, 'course-left-open');
  // Since the last of them was recorded or dropped, or the plan was changed, or somebody was asked.
  const [since] = [carePlan, ...sessions]
    .flatMap(({ meta }) => meta?.lastUpdated ?? [])
    .concat(earlier.flatMap(({ authoredOn }) => authoredOn ?? []))
    .map(dayOf)
    .toSorted()
    .toReversed();
  if (since === undefined || earlier.some(isOpenTask) || !isLongSince(since, how, today)) return;
  await set({ rule: how, about, carePlan: about, named: [carePlan.author?.reference] });
}

const hasOpen = (sessions: readonly ServiceRequest[]) => sessions.some(({ status }) => isOpenSession(status));

/** It was said that the session did not take place, and somebody gets in touch about it. */
const isSpokenAbout = (tasks: readonly Task[], { id }: ServiceRequest): boolean =>
  tasks.some(
    (task) =>
      hasCourseCode(task.code, 'get-in-touch') &&
      isOpenTask(task) &&
      task.reasonReference?.reference === `ServiceRequest/${id}`,
  );

/** Once for each step, whatever became of the note. */
async function noteSteps(
  person: PersonAtHand,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
): Promise<void> {
  const { tasks, today, dayOf, rule, set } = person;
  const how = rule('step-at-home-ended');
  for (const step of tasks) {
    const end = step.executionPeriod?.end;
    const isStep =
      hasCourseCode(step.code, 'homework') &&
      isOpenTask(step) &&
      step.status !== 'on-hold' &&
      step.basedOn?.some(({ reference }) => reference === `CarePlan/${carePlan.id}`);
    const about = `Task/${step.id}`;
    if (!isStep || end === undefined || watchTasksAbout(tasks, about, 'step-at-home-ended').length > 0)
      continue;
    if (!isLongSince(dayOf(end), how, today)) continue;
    const leads = nextSession(sessions)?.performer?.[0]?.reference;
    const named = [leads, step.requester?.reference, carePlan.author?.reference];
    await set({ rule: how, about, carePlan: `CarePlan/${carePlan.id}`, named });
  }
}

async function takeBackRecorded(
  person: PersonAtHand,
  carePlans: readonly CarePlan[],
  sessions: readonly ServiceRequest[],
): Promise<void> {
  const { tasks, takeBack } = person;
  const running = new Set(
    carePlans.filter(({ status }) => status === 'active').map(({ id }) => `CarePlan/${id}`),
  );
  for (const task of tasks.filter(isOpenTask)) {
    const isPaused = !task.basedOn?.some(({ reference }) => running.has(reference ?? ''));
    const about = task.focus?.reference;
    if (isWatchTask(task, 'session-unrecorded')) {
      const session = sessions.find(({ id }) => `ServiceRequest/${id}` === about);
      if (
        isPaused ||
        !session ||
        !isToRecord(session) ||
        !isBefore(session, person) ||
        isSpokenAbout(tasks, session)
      ) {
        await takeBack(task, 'session-settled');
      }
    }
    if (isWatchTask(task, 'course-left-open')) {
      const carePlan = carePlans.find(({ id }) => `CarePlan/${id}` === about);
      if (isPaused || !carePlan || hasOpen(sessions.filter((session) => isSessionOf(session, carePlan)))) {
        await takeBack(task, 'session-ahead');
      }
    }
    if (isWatchTask(task, 'step-at-home-ended')) {
      const step = tasks.find(({ id }) => `Task/${id}` === about);
      if (isPaused || !step || !isOpenTask(step)) {
        await takeBack(task, 'talked-about');
      }
    }
  }
}
