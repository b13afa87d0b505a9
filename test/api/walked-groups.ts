// A run of a group and one day of it, for the walk over what the CapabilityStatement leads to.
import type { Parameters } from '@medplum/fhirtypes';
import { bodyOf } from '../support/answer-body.ts';
import type { WalkedService } from './walked-service.ts';

const leaders = ['walked-leader', 'walked-second-leader'];
const members = Array.from({ length: 8 }, (_, index) => `walked-member-${index + 1}`);
const named = (name: string, reference: string) => ({ name, valueReference: { reference } });

/** What was called, as "<id of the definition> <level>". */
export async function playGroup(walk: WalkedService): Promise<readonly string[]> {
  await walk.store([
    ...leaders.map((id) => ({ resource: { resourceType: 'Practitioner' }, id })),
    ...members.map((id) => ({ resource: { resourceType: 'Patient' }, id })),
  ]);
  const call = async (path: string, parameter: readonly object[], version?: string, status = 201) => {
    const answer = await walk.send({
      method: 'POST',
      path,
      body: { resourceType: 'Parameters', ...(parameter.length > 0 && { parameter }) },
      ...(version !== undefined && { headers: { 'If-Match': `W/"${version}"` } }),
    });
    expect([path, answer.status, bodyOf(answer).issue]).toEqual([path, status, undefined]);
    return bodyOf(answer);
  };
  const begun = await call('/PlanDefinition/prop-programme/$start-group', [
    ...leaders.map((id) => named('leader', `Practitioner/${id}`)),
    ...members.map((id) => named('member', `Patient/${id}`)),
  ]);
  const plan = begun.entry[0]?.resource;
  const day = await call(
    `/CarePlan/${plan?.id}/$group-day-complete`,
    members.map((id) => ({
      name: 'attendance',
      part: [
        named('member', `Patient/${id}`),
        { name: 'presence', valueCode: id === members[0] ? 'absent-with-notice' : 'present' },
      ],
    })),
    '1',
  );
  const recorded = (day as unknown as Parameters).parameter ?? [];
  const offer = recorded.find(({ resource }) => resource?.resourceType === 'Task')?.resource;
  const own = begun.entry.find(({ resource }) => resource.subject?.reference === `Patient/${members[0]}`);
  await call(
    `/CarePlan/${own?.resource.id}/$make-up-day`,
    [named('offer', `Task/${offer?.id}`), { name: 'date', valueDate: '2030-01-10' }],
    '1',
  );
  await call(
    `/CarePlan/${plan?.id}/$group-member`,
    [{ name: 'action', valueCode: 'leave' }, named('member', `Patient/${members[7]}`)],
    '2',
    200,
  );
  const seventh = begun.entry.find(({ resource }) => resource.subject?.reference === `Patient/${members[6]}`);
  await call(`/CarePlan/${seventh?.resource.id}/$leave`, [], '1', 200);
  return [
    'plan-definition-start-group instance',
    'care-plan-group-day-complete instance',
    'care-plan-make-up-day instance',
    'care-plan-group-member instance',
    'care-plan-leave instance',
  ];
}
