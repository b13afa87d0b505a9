// After new scores: an answer that calls somebody in puts a Flag and a Task with a time and an owner into the record, in the same transaction.
import type { Flag, Task } from '@medplum/fhirtypes';
import { type Alarm, alarmFlag, alarmTask } from '../continuity/alarm-resources.ts';
import { canonicalOf } from '../fhir/canonical.ts';
import type { SearchFilter } from '../fhir/search-query.ts';
import { type RaisedAlarm, raisedAlarms } from '../instruments/raised-alarms.ts';
import type { WorkflowContext } from './context.ts';
import type { ScoredAnswers } from './store-scores.ts';

/**
 * One Task for each answer, however often it is sent again; one open Flag of a kind. Neither ever ends by itself. The context's store
 * is a transaction's. Throws an Error (a fault of our content) for an action that is not published.
 */
export async function raiseAlarms(
  context: WorkflowContext,
  patientId: string,
  { definitions }: Pick<ScoredAnswers, 'definitions'>,
  scores: Parameters<typeof raisedAlarms>[0],
): Promise<void> {
  const raised = raisedAlarms(scores, definitions);
  if (raised.length === 0) return;
  const read = await context.store.read('Patient', patientId);
  if (read.kind !== 'found') return;
  const patient = read.version.resource();
  if (patient.resourceType !== 'Patient') return;
  for (const alarm of raised) {
    await raise(context, alarmFor(context, alarm, patient));
  }
}

function alarmFor(
  { catalogue, clock }: WorkflowContext,
  { observation, action: canonical }: RaisedAlarm,
  patient: Alarm['patient'],
): Alarm {
  const action = catalogue.definition(canonical);
  if (action?.resourceType !== 'ActivityDefinition') {
    throw new Error(`${canonical} is raised by a score and is no published ActivityDefinition`);
  }
  return {
    action,
    canonical: canonicalOf(action) ?? canonical,
    patient,
    about: `Observation/${observation.id ?? ''}`,
    raisedAt: clock.now().toISOString(),
  };
}

async function raise(context: WorkflowContext, alarm: Alarm): Promise<void> {
  const { store, newId } = context;
  const code = alarm.action.code?.coding?.[0]?.code;
  const patient = { type: 'Patient', id: alarm.patient.id ?? '' };
  const [type = '', id = ''] = alarm.about.split('/');
  const flags = await found<Flag>(context, 'Flag', [
    { parameter: 'patient', test: { kind: 'reference', values: [patient] } },
  ]);
  const isOpen = ({ status, code: own }: Flag) =>
    status === 'active' && own.coding?.some((coding) => coding.code === code) === true;
  if (!flags.some(isOpen)) {
    const flag = alarmFlag(newId(), alarm);
    await store.create(flag, { id: flag.id });
  }
  const tasks = await found<Task>(context, 'Task', [
    { parameter: 'focus', test: { kind: 'reference', values: [{ type, id }] } },
  ]);
  if (tasks.length > 0) return;
  const task = alarmTask(newId(), alarm);
  await store.create(task, { id: task.id });
}

async function found<T extends Flag | Task>(
  { store }: WorkflowContext,
  type: T['resourceType'],
  filters: readonly SearchFilter[],
): Promise<readonly T[]> {
  const page = await store.search({
    type,
    filters,
    sort: [],
    count: 200,
    include: [],
    revinclude: [],
    total: false,
    understood: '',
  });
  return page.matches
    .map((match) => match.resource())
    .filter((each): each is T => each.resourceType === type);
}
