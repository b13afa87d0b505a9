// A run of a group and one day of it, for the walk over what the CapabilityStatement leads to.
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
  const call = async (path: string, parameter: readonly object[], version?: string) => {
    const answer = await walk.send({
      method: 'POST',
      path,
      body: { resourceType: 'Parameters', parameter },
      ...(version !== undefined && { headers: { 'If-Match': `W/"${version}"` } }),
    });
    expect([path, answer.status, bodyOf(answer).issue]).toEqual([path, 201, undefined]);
    return bodyOf(answer);
  };
  const begun = await call('/PlanDefinition/prop-programme/$start-group', [
    ...leaders.map((id) => named('leader', `Practitioner/${id}`)),
    ...members.map((id) => named('member', `Patient/${id}`)),
  ]);
  const plan = begun.entry[0]?.resource;
  await call(
    `/CarePlan/${plan?.id}/$group-day-complete`,
    members.map((id) => ({
      name: 'attendance',
      part: [named('member', `Patient/${id}`), { name: 'presence', valueCode: 'present' }],
    })),
    '1',
  );
  return ['plan-definition-start-group instance', 'care-plan-group-day-complete instance'];
}
