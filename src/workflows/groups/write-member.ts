// Stores one member's own part of a run of a group.
import type { CarePlan, Resource } from '@medplum/fhirtypes';
import { type MemberPlan, memberResources } from '../../course/group/group-member-resources.ts';
import { whoTakesOn } from '../alarms/who-is-called-in.ts';
import type { WorkflowContext } from '../context.ts';
import { createChecked } from '../resources/write-checked.ts';

/** Their plan; everything that it leads to is written with it. */
export async function writeMember(
  context: WorkflowContext,
  member: MemberPlan,
  pairTeam?: string,
): Promise<CarePlan> {
  const { newId } = context;
  const owner = member.followUp && (await whoTakesOn(context, member.patient, ...member.run.leaders));
  const built = memberResources(
    {
      carePlan: newId(),
      requestGroup: newId(),
      baseline: newId(),
      careTeam: newId(),
      episode: newId(),
      days: member.days.map(() => newId()),
      appointments: member.days.map(() => newId()),
      followUp: newId(),
    },
    { ...member, ...(member.followUp && { followUp: { ...member.followUp, ...(owner && { owner }) } }) },
  );
  const parts: readonly Resource[] = [
    built.episode,
    built.careTeam,
    ...built.days,
    ...built.appointments,
    built.baseline,
    built.requestGroup,
    ...(built.followUp ? [built.followUp] : []),
  ];
  for (const resource of parts) await createChecked(context, resource);
  const { careTeam = [] } = built.carePlan;
  const carePlan = pairTeam
    ? { ...built.carePlan, careTeam: [...careTeam, { reference: pairTeam }] }
    : built.carePlan;
  return (await createChecked(context, carePlan)).resource();
}
