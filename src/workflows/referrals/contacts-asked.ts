// The open Tasks by which somebody is to get in touch about what did not take place: an appointment, a session, a referral that waits.
import type { Task } from '@medplum/fhirtypes';
import { courseSystem } from '../../course/course-codes.ts';
import { isOpenTask, overtakenTask } from '../../course/watch/watch-tasks.ts';
import type { WorkflowContext } from '../context.ts';
import { reasonOf } from '../courses/sentences-of.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { updateChecked } from '../resources/write-checked.ts';

interface AskedAbout {
  readonly patient: string;
  /** "ServiceRequest/y" of the sessions, or of a referral. */
  readonly requests: readonly string[];
  /** "CarePlan/x": whatever was asked in this course. */
  readonly carePlan?: string;
}

export const namedIn = ({ focus, reasonReference }: Task): readonly string[] => [
  focus?.reference ?? '',
  reasonReference?.reference ?? '',
];

/** About one of these requests, an appointment that is based on one, or the course. */
export async function contactsAsked(
  { store }: WorkflowContext,
  { patient, requests, carePlan }: AskedAbout,
): Promise<readonly Task[]> {
  const asked = (
    await findResources(store, 'Task', [
      byReference('patient', patient),
      byToken('code', { system: courseSystem, code: 'get-in-touch' }),
    ])
  ).filter(isOpenTask);
  if (asked.length === 0 || requests.length === 0) return [];
  const appointments = await findResources(store, 'Appointment', [byReference('based-on', ...requests)]);
  const about = new Set([...requests, ...appointments.map(({ id }) => `Appointment/${id}`)]);
  return asked.filter(
    (task) =>
      namedIn(task).some((each) => about.has(each)) ||
      (carePlan !== undefined && task.basedOn?.some(({ reference }) => reference === carePlan) === true),
  );
}

/**
 * What it was about has ended, and whoever has the next step talks with the person. Answers whether something did not take place since
 * which nobody is known to have been in touch: the next step says so. A Task left open would say that the referral goes on, and tie its
 * owner to somebody who said no.
 */
export async function takeBackContacts(context: WorkflowContext, about: AskedAbout): Promise<boolean> {
  const asked = await contactsAsked(context, about);
  const at = context.clock.now().toISOString();
  for (const task of asked) {
    const taken = overtakenTask(task, reasonOf(context, 'referral-or-course-ended'), at);
    await updateChecked(context, taken, task.meta?.versionId ?? '');
  }
  return asked.some((task) => isAboutWhatWasMissed(task));
}

/** Not so about a consent of a referral that waits: its owner has the next step as well. */
const isAboutWhatWasMissed = ({ focus, reasonReference }: Task): boolean =>
  focus?.reference?.startsWith('Appointment/') === true || reasonReference !== undefined;
