// Puts a Task with an owner and a time into the record, so that whoever has the next move knows it.
import type { Task } from '@medplum/fhirtypes';
import { type ContactTask, contactTask, dutyActions } from '../../course/referral/contact-task.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import type { WorkflowContext } from '../context.ts';
import { createChecked } from '../resources/write-checked.ts';

interface Duty extends Omit<ContactTask, 'authoredOn' | 'owner'> {
  /** Who is to have it, in this order, as `whoTakesOn` reads them. */
  readonly named: readonly (string | undefined)[];
}

/** Throws an Error (a fault of our content) when the action is not published. */
export async function giveDuty(context: WorkflowContext, { named, ...content }: Duty): Promise<Task> {
  const canonical = dutyActions[content.duty];
  const action = context.catalogue.definition(canonical);
  if (action?.resourceType !== 'ActivityDefinition') {
    throw new Error(`${canonical} is no published ActivityDefinition`);
  }
  const authoredOn = context.clock.now().toISOString();
  const owner = await whoTakesOn(context, content.patient, ...named);
  const task = contactTask(
    context.newId(),
    { ...content, ...(owner !== undefined && { owner }), authoredOn },
    action,
  );
  return (await createChecked(context, task)).resource();
}
