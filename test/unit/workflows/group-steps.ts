// A run of eight people with two leaders, for the tests of groups.
import type { CarePlan, ParametersParameter } from '@medplum/fhirtypes';
import type { Operation, OperationResult } from '../../../src/rest/operation.ts';
import { planDefinitionStartGroup } from '../../../src/rest/operations/plan-definition-start-group.ts';
import { group, integer, reference } from './course-steps.ts';
import type { ActorName, CourseWorld } from './course-world.ts';

export const memberIds = Array.from({ length: 8 }, (_, index) => `member-${index + 1}`);

export async function addMembers(world: CourseWorld, ids: readonly string[] = memberIds): Promise<void> {
  for (const id of ids) {
    await world.store.create(
      {
        resourceType: 'Patient',
        id,
        name: [{ given: [`Zoë${id.replace('member-', '')}`], family: 'van den Bergh' }],
        generalPractitioner: [{ reference: 'Practitioner/therapist' }],
      },
      { id },
    );
  }
}

const leaders: readonly ParametersParameter[] = ['therapist', 'other-therapist'].map((id) =>
  reference('leader', `Practitioner/${id}`),
);

/** The group's plan as it is stored. */
export async function beginGroup(
  world: CourseWorld,
  ids: readonly string[] = memberIds,
  start = '2026-11-20',
): Promise<CarePlan> {
  await addMembers(world, ids);
  await world.call(planDefinitionStartGroup, 'therapist', 'prop-programme', [
    ...leaders,
    ...ids.map((id) => reference('member', `Patient/${id}`)),
    { name: 'start', valueDate: start },
  ]);
  return wholePlan(world);
}

export async function wholePlan(world: CourseWorld): Promise<CarePlan> {
  const plan = (await world.all('CarePlan')).find(({ subject }) => subject.reference?.startsWith('Group/'));
  if (!plan) throw new Error('no plan of a group');
  return plan;
}

/** Calls with the version that is stored now, unless another is named. */
export async function callOn(
  world: CourseWorld,
  operation: Operation,
  actor: ActorName,
  carePlan: CarePlan,
  parameter: readonly ParametersParameter[],
  ifMatch?: string,
): Promise<OperationResult> {
  const now = (await world.all('CarePlan')).find(({ id }) => id === carePlan.id);
  const seen = ifMatch ?? now?.meta?.versionId;
  return operation.handle({
    context: world.contextOf(actor),
    id: carePlan.id ?? '',
    parameters: { resourceType: 'Parameters', parameter: [...parameter] },
    ...(seen !== undefined && seen !== 'none' && { ifMatch: seen }),
  });
}

export const attends = (
  id: string,
  presence: string,
  ...more: readonly ParametersParameter[]
): ParametersParameter =>
  group(
    'attendance',
    reference('member', `Patient/${id}`),
    { name: 'presence', valueCode: presence },
    ...more,
  );

export const theme = (code: string, minutes: number): ParametersParameter =>
  group('theme', { name: 'code', valueCode: code }, integer('minutes', minutes));
