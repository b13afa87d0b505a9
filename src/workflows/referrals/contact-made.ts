// People met, agreed on another day or booked one: nobody has to get in touch any more about what did not take place before.
import type { Task } from '@medplum/fhirtypes';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { contactsAsked, namedIn } from './contacts-asked.ts';

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
export async function contactMade(
  context: WorkflowContext,
  { patient, sessions, settled, carePlan, on }: Contact,
): Promise<void> {
  const { dayOf } = daysOf(context);
  const isSettled = (task: Task): boolean =>
    (settled !== undefined && namedIn(task).includes(settled)) || (dayOf(task.authoredOn) ?? '') <= on;
  const asked = await contactsAsked(context, {
    patient,
    requests: sessions,
    ...(carePlan !== undefined && { carePlan }),
  });
  const lastModified = context.clock.now().toISOString();
  for (const task of asked.filter(isSettled)) {
    await updateChecked(context, { ...task, status: 'completed', lastModified }, task.meta?.versionId ?? '');
  }
}
