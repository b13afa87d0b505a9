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
    for (const task of tasks.filter(isReminder)) {
      const due = tasks.find(({ id }) => `Task/${id}` === task.focus?.reference);
      if (!due || !isOpenTask(due)) await takeBack(task, 'questionnaire-closed');
    }
    const open = tasks.filter((task) => isDueTask(task) && isOpenTask(task) && isRunning(task));
    if (open.length === 0) return;
    const carePlans = await findResources(context.store, 'CarePlan', [byReference('subject', reference)]);
    for (const due of open) {
      const course = carePlans.find(({ id }) =>
        due.basedOn?.some((base) => base.reference === `CarePlan/${id}`),
      );
      // Who has paused is left in peace.
      if (course === undefined || course.status === 'active' || course.status === 'completed') {
        await remind(person, due, course);
      }
    }
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
