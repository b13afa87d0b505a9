// People met, agreed on another day or booked one: nobody has to get in touch any more about what did not take place before.
import type { Task } from '@medplum/fhirtypes';
import { courseSystem } from '../../course/course-codes.ts';
import { isOpenTask } from '../../course/watch/watch-tasks.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { byReference, byToken, findResources } from '../resources/find-resources.ts';
import { updateChecked } from '../resources/write-checked.ts';

interface Contact {
  readonly patient: string;
  /** "ServiceRequest/y" of the sessions, or of a referral, that it was about. */
  readonly sessions: readonly string[];
  /** Of these sessions what was asked later is settled as well: a meeting that is recorded late took place all the same. */
  readonly settled?: string;
  /** "CarePlan/x" */
  readonly carePlan?: string;
  /** The day of it. What was asked on a later day is not settled by it. */
  readonly on: string;
}

/** The context's store is a transaction's. */
export async function contactMade(context: WorkflowContext, contact: Contact): Promise<void> {
  const { patient, sessions, settled, carePlan, on } = contact;
  const asked = (
    await findResources(context.store, 'Task', [
      byReference('patient', patient),
      byToken('code', { system: courseSystem, code: 'get-in-touch' }),
    ])
  ).filter(isOpenTask);
  if (asked.length === 0 || sessions.length === 0) return;
  const appointments = await findResources(context.store, 'Appointment', [
    byReference('based-on', ...sessions),
  ]);
  const about = new Set([...sessions, ...appointments.map(({ id }) => `Appointment/${id}`)]);
  const { dayOf } = daysOf(context);
  const isSettled = ({ focus, reasonReference, basedOn, authoredOn }: Task): boolean => {
    const named = [focus?.reference ?? '', reasonReference?.reference ?? ''];
    if (settled !== undefined && named.includes(settled)) return true;
    const isOfCourse =
      named.some((each) => about.has(each)) ||
      (carePlan !== undefined && basedOn?.some(({ reference }) => reference === carePlan) === true);
    return isOfCourse && (dayOf(authoredOn) ?? '') <= on;
  };
  const lastModified = context.clock.now().toISOString();
  for (const task of asked.filter(isSettled)) {
    await updateChecked(context, { ...task, status: 'completed', lastModified }, task.meta?.versionId ?? '');
  }
}
