// Who is in a group now. https://hl7.org/fhir/R4/group.html
import type { Group, GroupMember } from '@medplum/fhirtypes';
import { isOver } from '../../course/period-stands.ts';
import type { WorkflowContext } from '../context.ts';
import { daysOf } from '../days.ts';

/** Without those who are marked as inactive, and those whose time in it is over. */
export function membersNow(context: WorkflowContext, group: Group): readonly GroupMember[] {
  const [nowMs, { today }] = [context.clock.now().getTime(), daysOf(context)];
  return (group.member ?? []).filter(
    ({ inactive, period }) => inactive !== true && !isOver(period ?? {}, nowMs, today),
  );
}
