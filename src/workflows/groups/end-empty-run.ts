// A run of a group in which nobody takes part any more ends as a whole: its open days, their order, what is in the calendar, its team.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes';
import { isOpenSession } from '../../course/course-moves.ts';
import { revoked } from '../../course/group/group-change-resources.ts';
import type { WorkflowContext } from '../context.ts';
import { cancelAppointments, endTeams } from '../courses/end-around-plan.ts';
import { endOrder } from '../courses/end-plan.ts';
import { reasonOf } from '../courses/sentences-of.ts';
import { updateChecked } from '../resources/write-checked.ts';
import type { RunOfGroup } from './group-run-of.ts';

/** With the rights of the group. What was held stays as it is. */
export async function endEmptyRun(
  ofGroup: WorkflowContext,
  { carePlan, days }: Pick<RunOfGroup, 'carePlan' | 'days'>,
): Promise<CarePlan> {
  const reason = reasonOf(ofGroup, 'nobody-takes-part');
  const open = days.filter(({ status }) => isOpenSession(status));
  for (const day of open) {
    await updateChecked<ServiceRequest>(ofGroup, revoked(day, reason), day.meta?.versionId ?? '');
  }
  await endOrder(ofGroup, carePlan, 'revoked', reason);
  await cancelAppointments(
    ofGroup,
    '',
    open.map(({ id }) => `ServiceRequest/${id}`),
  );
  const stored = await updateChecked(ofGroup, revoked(carePlan, reason), carePlan.meta?.versionId ?? '');
  await endTeams(ofGroup, carePlan, 'revoked');
  return stored.resource();
}
