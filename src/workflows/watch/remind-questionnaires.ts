// The job that reminds a person of a questionnaire that is open: twice at most, then their therapist asks how it suits them.
import type { CarePlan, Task } from '@medplum/fhirtypes';
import { courseSystem } from '../../course/course-codes.ts';
import type { WatchRuleId } from '../../course/watch/watch-rules.ts';
import { isLongSince, isOpenTask, isWatchTask, watchTasksAbout } from '../../course/watch/watch-tasks.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { peopleWith } from './people-with.ts';
import type { JobWork, PersonAtHand } from './watch-round.ts';

/** Set by whatever asks for a questionnaire: owner the person, executionPeriod when it is meant for. */
const questionnaireDue = { system: courseSystem, code: 'questionnaire-due' };

const isDueTask = ({ code }: Task) =>
  code?.coding?.some(
    (coding) => coding.system === questionnaireDue.system && coding.code === questionnaireDue.code,
  ) ?? false;

export const remindQuestionnaires: JobWork = {
  effect: 'remind-questionnaires',
  searches: ['Task'],
  sets: ['questionnaire-reminder', 'questionnaire-open'],

  async people(round) {
    const due = await peopleWith(round, 'Task', [byToken('code', questionnaireDue)], isOpenTask);
    const reminded = await peopleWith(
      round,
      'Task',
      [byToken('code', { code: 'questionnaire-reminder' }, { code: 'questionnaire-open' })],
      isOpenTask,
    );
    return new Set([...due, ...reminded]);
  },

  async forPerson(person) {
    const { context, reference, tasks, takeBack } = person;
    const reminders = tasks.filter(isReminder);
    const open = tasks.filter((task) => isDueTask(task) && isOpenTask(task) && isRunning(task));
    if (open.length === 0 && reminders.length === 0) return;
    const carePlans = await findResources(context.store, 'CarePlan', [byReference('subject', reference)]);
    const courseOf = (due: Task) =>
      carePlans.find(({ id }) => due.basedOn?.some((base) => base.reference === `CarePlan/${id}`));
    // Who has paused is left in peace, and a course that should not be there asks nothing.
    const asked = open.filter((due) => {
      const status = courseOf(due)?.status;
      return status === undefined || status === 'active' || status === 'completed';
    });
    for (const task of reminders) {
      if (!asked.some(({ id }) => `Task/${id}` === task.focus?.reference))
        await takeBack(task, 'questionnaire-closed');
    }
    for (const due of asked) await remind(person, due, courseOf(due));
  },
};

const isReminder = (task: Task) =>
  isWatchTask(task, 'questionnaire-reminder', 'questionnaire-open') && isOpenTask(task);

const isRunning = ({ status }: Task) => status !== 'draft' && status !== 'on-hold';

const stages = [
  'questionnaire-reminder',
  'questionnaire-reminder-again',
  'questionnaire-open',
] as const satisfies readonly WatchRuleId[];

async function remind(person: PersonAtHand, due: Task, course: CarePlan | undefined): Promise<void> {
  const { tasks, today, dayOf, rule, set, takeBack, reference } = person;
  const about = `Task/${due.id}`;
  const earlier = watchTasksAbout(tasks, about, 'questionnaire-reminder', 'questionnaire-open');
  const stage = stages[earlier.length];
  const since = earlier.at(-1)?.authoredOn ?? due.executionPeriod?.start ?? due.authoredOn;
  if (stage === undefined || since === undefined || !isLongSince(dayOf(since), rule(stage), today)) return;
  // One at a time.
  for (const task of earlier.filter(isOpenTask)) await takeBack(task, 'another-word');
  const requester = due.requester?.reference?.startsWith('Practitioner')
    ? due.requester.reference
    : undefined;
  const canonical = due.input?.find(({ valueCanonical }) => valueCanonical)?.valueCanonical;
  await set({
    rule: rule(stage),
    about,
    named: stage === 'questionnaire-open' ? [course?.author?.reference, requester] : [reference],
    ...(course && { carePlan: `CarePlan/${course.id}` }),
    ...(canonical !== undefined && { canonical }),
  });
}
