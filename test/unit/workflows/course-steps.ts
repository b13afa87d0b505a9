// The steps of the story that several tests begin from.
import type { CarePlan, Goal, ParametersParameter, ServiceRequest, Task } from '@medplum/fhirtypes';
import { carePlanSessionComplete } from '../../../src/rest/operations/care-plan-session-complete.ts';
import { patientRefer } from '../../../src/rest/operations/patient-refer.ts';
import { planDefinitionEnroll } from '../../../src/rest/operations/plan-definition-enroll.ts';
import { updateResource } from '../../../src/workflows/resources/update-resource.ts';
import type { ActorName, CourseWorld } from './course-world.ts';

export const reference = (name: string, value: string): ParametersParameter => ({
  name,
  valueReference: { reference: value },
});
export const string = (name: string, value: string): ParametersParameter => ({ name, valueString: value });
export const integer = (name: string, value: number): ParametersParameter => ({ name, valueInteger: value });
export const group = (name: string, ...part: ParametersParameter[]): ParametersParameter => ({ name, part });

export async function refer(world: CourseWorld, patient = 'anna', owners = ['therapist']): Promise<Task> {
  await world.call(patientRefer, 'gp', patient, [
    ...owners.map((owner) => reference('owner', `Practitioner/${owner}`)),
    { name: 'explanationGiven', valueBoolean: true },
  ]);
  const tasks = await world.all('Task');
  const task = tasks.find((each) => each.for?.reference === `Patient/${patient}`);
  if (!task) throw new Error('no referral Task');
  return task;
}

/** The Task by which the referral of the only patient is moved. */
export async function referralTask(world: CourseWorld): Promise<Task> {
  const task = (await world.all('Task')).find(({ code }) =>
    code?.coding?.some((one) => one.code === 'referral'),
  );
  if (!task) throw new Error('no referral Task');
  return task;
}

/** The days that a candidate promises: one range for all tests. */
export const promise = { period: { start: '2026-12-01', end: '2026-12-15' } };

/** A letter to the general practitioner, and the output of a Task that names it. */
export async function letter(world: CourseWorld, id = 'letter', patient = 'anna') {
  const { kind } = await world.store.read('DocumentReference', id);
  if (kind !== 'found') {
    await world.store.create(
      {
        resourceType: 'DocumentReference',
        status: 'current',
        subject: { reference: `Patient/${patient}` },
        content: [{ attachment: { contentType: 'text/plain', data: 'RGVhciBjb2xsZWFndWU=' } }],
      },
      { id },
    );
  }
  return {
    type: {
      coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'closing-letter' }],
    },
    valueReference: { reference: `DocumentReference/${id}` },
  };
}

/** What the move asks for, so that a test need not say it unless it is about that. */
async function usual(world: CourseWorld, { status }: Partial<Task>): Promise<Partial<Task>> {
  if (status === 'accepted') return { restriction: promise };
  return status === 'completed' || status === 'failed' ? { output: [await letter(world)] } : {};
}

/** A PUT of the Task as the actor, with these elements changed. */
export async function put(
  world: CourseWorld,
  actor: ActorName,
  task: Task,
  changes: Partial<Task>,
): Promise<Task> {
  const current = await world.store.read<Task>('Task', task.id ?? '');
  if (current.kind !== 'found') throw new Error('no such Task');
  const next: Task = { ...current.version.resource(), ...(await usual(world, changes)), ...changes };
  const { result } = await updateResource(world.contextOf(actor), next, { mayCreate: false });
  const version = result.version.resource();
  if (version.resourceType !== 'Task') throw new Error('not a Task');
  return version;
}

export const goal = (text: string): ParametersParameter => group('goal', string('text', text));

export async function enroll(
  world: CourseWorld,
  ...more: readonly ParametersParameter[]
): Promise<{
  readonly carePlan: CarePlan;
  readonly sessions: readonly ServiceRequest[];
  readonly goals: readonly Goal[];
}> {
  const has = (name: string) => more.some((parameter) => parameter.name === name);
  const task = await refer(world);
  await put(world, 'therapist', task, { status: 'accepted' });
  await world.call(planDefinitionEnroll, 'therapist', 'psychosomatic-therapy', [
    reference('subject', 'Patient/anna'),
    reference('referral', task.focus?.reference ?? ''),
    ...(has('goal') ? [] : [goal('Walk to the lake and back')]),
    ...(has('start') ? [] : [{ name: 'start', valueDate: '2026-11-20' }]),
    ...more,
  ]);
  const [carePlan] = await world.all('CarePlan');
  if (!carePlan) throw new Error('no CarePlan');
  const requests = await world.all('ServiceRequest');
  const sessions = requests
    .filter(({ requisition }) => requisition)
    .toSorted((left, right) => (left.occurrenceDateTime ?? '').localeCompare(right.occurrenceDateTime ?? ''));
  return { carePlan, sessions, goals: await world.all('Goal') };
}

/** As the therapist, who has seen the newest version of the plan unless another one is named. */
export async function complete(
  world: CourseWorld,
  carePlan: CarePlan,
  parameters: readonly ParametersParameter[],
  idempotencyKey?: string,
  ifMatch?: string,
) {
  const id = carePlan.id ?? '';
  const seen = ifMatch ?? (await planVersion(world, id));
  return world.call(carePlanSessionComplete, 'therapist', id, [...parameters], idempotencyKey, seen);
}

/** The version of a plan as it is now, bare. */
export async function planVersion(world: CourseWorld, id: string): Promise<string> {
  const found = await world.store.read('CarePlan', id);
  return found.kind === 'found' ? found.version.versionId : '1';
}
