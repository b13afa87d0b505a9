// After answers: what calls somebody in puts a Flag and a Task with a time and an owner into the record, in the same transaction.
import type { Flag, Patient } from '@medplum/fhirtypes';
import { isOpenTask } from '../continuity/alarm-moves.ts';
import { type Alarm, alarmFlag, alarmTask, flagCodes, standsFor } from '../continuity/alarm-resources.ts';
import { canonicalOf } from '../fhir/canonical.ts';
import type { RaisedAlarm } from '../instruments/raised-alarms.ts';
import type { WorkflowContext } from './context.ts';
import { byReference, findResources } from './find-resources.ts';

/**
 * One open Task for each answer and activity, however often it is sent again; one open Flag of a kind. Neither ever ends by
 * itself. `noticedBy` is who gave the answers. The context's store is a transaction's. Throws an Error (a fault of our
 * content) for an activity that is not published.
 */
export async function raiseAlarms(
  context: WorkflowContext,
  patientId: string,
  raised: readonly RaisedAlarm[],
  noticedBy: string | undefined,
): Promise<void> {
  if (raised.length === 0) return;
  const read = await context.store.read<Patient>('Patient', patientId);
  if (read.kind !== 'found') return;
  const patient = read.version.resource();
  for (const alarm of raised) {
    await raise(context, alarmFor(context, alarm, patient, noticedBy));
  }
}

function alarmFor(
  { catalogue, clock }: WorkflowContext,
  { about, action: canonical, signs }: RaisedAlarm,
  patient: Patient,
  noticedBy: string | undefined,
): Alarm {
  const action = catalogue.definition(canonical);
  if (action?.resourceType !== 'ActivityDefinition') {
    throw new Error(`${canonical} is raised by an answer and is no published ActivityDefinition`);
  }
  return {
    action,
    canonical: canonicalOf(action) ?? canonical,
    patient,
    about,
    raisedAt: clock.now().toISOString(),
    signs,
    ...(noticedBy !== undefined && { noticedBy }),
  };
}

async function raise({ store, newId }: WorkflowContext, alarm: Alarm): Promise<void> {
  const standing = await findResources(store, 'Flag', [
    byReference('patient', `Patient/${alarm.patient.id ?? ''}`),
  ]);
  const flags: Flag[] = [];
  for (const code of flagCodes(alarm)) {
    const open = standing.find((flag) => flag.status === 'active' && standsFor(flag, code));
    if (open) flags.push(open);
    else {
      const flag = alarmFlag(newId(), code, alarm);
      await store.create(flag, { id: flag.id });
      flags.push(flag);
    }
  }
  const tasks = await findResources(store, 'Task', [byReference('focus', alarm.about)]);
  const isAsked = tasks.some(
    (task) => task.instantiatesCanonical === alarm.canonical && isOpenTask(task.status),
  );
  if (isAsked) return;
  const task = alarmTask(newId(), alarm, flags);
  await store.create(task, { id: task.id });
}
