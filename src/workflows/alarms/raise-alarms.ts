// After answers: what calls somebody in puts a Flag and a Task with a time and an owner into the record, in the same transaction.
import type { Flag, Patient, Task } from '@medplum/fhirtypes';
import { isOpenAlarmTask } from '../../continuity/alarm-moves.ts';
import {
  type Alarm,
  alarmFlag,
  alarmTask,
  alarmTaskOn,
  alarmTaskWith,
  flagCodes,
  standsFor,
} from '../../continuity/alarm-resources.ts';
import { canonicalOf } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import type { RaisedAlarm } from '../../instruments/raised-alarms.ts';
import type { WorkflowContext } from '../context.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { whoIsCalledIn } from './who-is-called-in.ts';

/** Where alarms come from. */
export interface RaisedBy {
  /** "QuestionnaireResponse/x": what an open Task may be about beside the answer itself, so that nobody is asked twice. */
  readonly from: readonly string[];
  /** Who gave the answers, where that is known. */
  readonly noticedBy: string | undefined;
  /** Which element says whom it is about. */
  readonly place: `${'QuestionnaireResponse' | 'Observation' | 'Condition' | 'DiagnosticReport'}.subject`;
  /** When the answer was given, in milliseconds since the epoch; undefined when it does not say when. */
  readonly saidMs?: number | undefined;
  readonly note?: Alarm['note'];
}

/**
 * One open Task for each answer and activity, however often it is sent again; one open Flag of a kind. Neither ever ends by
 * itself. Answers how many Tasks were made. The context's store is a transaction's. Throws an Error (a fault of our content)
 * for an activity that is not published.
 */
export async function raiseAlarms(
  context: WorkflowContext,
  patientId: string,
  raised: readonly RaisedAlarm[],
  by: RaisedBy,
): Promise<number> {
  if (raised.length === 0) return 0;
  const patient = await patientToCallFor(context, patientId, by.place);
  const calledIn = await whoIsCalledIn(context, patient);
  let made = 0;
  for (const alarm of raised) {
    const isMade = await raise(context, { ...alarmFor(context, alarm, patient, by), calledIn }, by);
    made += isMade ? 1 : 0;
  }
  return made;
}

/** Refused (422) when the person is not stored here: whoever sends the answer keeps it, and brings the person first. */
export async function patientToCallFor(
  { store }: WorkflowContext,
  patientId: string,
  place: RaisedBy['place'],
): Promise<Patient> {
  const read = await store.read<Patient>('Patient', patientId);
  if (read.kind === 'found') return read.version.resource();
  throw businessRule(
    `an answer calls somebody in, and Patient/${patientId} is not stored here, so that nobody can be called: create the Patient first, or in the same transaction`,
    place,
  );
}

function alarmFor(
  { catalogue, clock }: WorkflowContext,
  { about, action: canonical, signs }: RaisedAlarm,
  patient: Patient,
  { noticedBy, note }: RaisedBy,
): Omit<Alarm, 'calledIn'> {
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
    ...(note && { note }),
  };
}

async function raise(context: WorkflowContext, alarm: Alarm, by: RaisedBy): Promise<boolean> {
  const { store, newId, calledTogether } = context;
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
  // What was asked while the form was not finished is asked about the form itself.
  const tasks = await findResources(store, 'Task', [byReference('focus', alarm.about, ...by.from)]);
  const asked = tasks.find(
    (task) => task.instantiatesCanonical === alarm.canonical && isOpenAlarmTask(task.status),
  );
  if (asked) {
    const withMore = alarmTaskWith(asked, alarm, flags);
    if (withMore) await store.update(withMore, { ifMatch: asked.meta?.versionId ?? '' });
    return false;
  }
  if (await joins(context, alarm, flags, by)) return false;
  const task = alarmTask(newId(), alarm, flags);
  await store.create(task, { id: task.id });
  if (by.saidMs !== undefined) calledTogether?.note(callOf(context, alarm, by.saidMs), task.id ?? '');
  return true;
}

const callOf = ({ wall }: WorkflowContext, { patient, canonical }: Alarm, saidMs: number) => ({
  patientId: patient.id ?? '',
  action: canonical,
  saidOn: wall.dateOf(saidMs),
});

/** Whether a Task that was made in this transaction asks the same person about this answer too, now. */
async function joins(
  context: WorkflowContext,
  alarm: Alarm,
  flags: readonly Flag[],
  { saidMs }: RaisedBy,
): Promise<boolean> {
  const { store, calledTogether } = context;
  if (!calledTogether || saidMs === undefined) return false;
  const id = calledTogether.find(callOf(context, alarm, saidMs));
  const read = id === undefined ? undefined : await store.read<Task>('Task', id);
  if (read?.kind !== 'found') return false;
  const task = read.version.resource();
  const owner = alarm.calledIn.kind === 'owner' ? alarm.calledIn.owner?.reference : undefined;
  if (!isOpenAlarmTask(task.status) || task.owner?.reference !== owner) return false;
  await store.update(alarmTaskOn(task, alarm, flags), { ifMatch: read.version.versionId });
  return true;
}
