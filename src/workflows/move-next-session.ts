// Confirms or moves the day of the next session when one was just held. Only inside its gap: what changes more is tailoring.
import type { CarePlan, RequestGroup, ServiceRequest } from '@medplum/fhirtypes';
import { isCalendarDate } from '../course/calendar.ts';
import { inOrder, nextSession, sessionNumber } from '../course/next-step.ts';
import { businessRule } from '../fhir/error.ts';
import type { WorkflowContext } from './context.ts';
import type { Given } from './read-known.ts';
import { updateChecked } from './write-checked.ts';

/** The sessions as they stand afterwards. Refused (422): no next session, no calendar date, a day out of the order of sessions. */
export async function moveNextSession(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
  heldOn: string,
  { value, expression }: Given,
): Promise<readonly ServiceRequest[]> {
  const next = nextSession(sessions);
  if (!next) {
    throw businessRule('there is no session after this one to set a day for', expression);
  }
  const after = nextSession(inOrder(sessions).filter((each) => sessionNumber(each) > sessionNumber(next)));
  const latest = after?.occurrenceDateTime?.slice(0, 10);
  if (!isCalendarDate(value) || value < heldOn || (latest !== undefined && value >= latest)) {
    const until = latest === undefined ? '' : ` and before ${latest}, the day of the session after it`;
    throw businessRule(
      `the next session is on a calendar date from ${heldOn} on${until}, not "${value}"; to move more of the course, tailor it`,
      expression,
    );
  }
  if (next.occurrenceDateTime?.slice(0, 10) === value) return sessions;
  const moved: ServiceRequest = { ...next, occurrenceDateTime: value };
  const stored = (await updateChecked(context, moved, next.meta?.versionId ?? '')).resource();
  await moveInOrder(context, carePlan, moved);
  return sessions.map((each) => (each.id === next.id ? stored : each));
}

/** The order of the sessions says the same day. */
async function moveInOrder(
  context: WorkflowContext,
  carePlan: CarePlan,
  { id, occurrenceDateTime }: ServiceRequest,
): Promise<void> {
  const [type, groupId] = carePlan.activity?.[0]?.reference?.reference?.split('/') ?? [];
  if (type !== 'RequestGroup' || !groupId) return;
  const found = await context.store.read<RequestGroup>('RequestGroup', groupId);
  if (found.kind !== 'found') return;
  const group = found.version.resource();
  const moved: RequestGroup = {
    ...group,
    action: (group.action ?? []).map((action) =>
      action.resource?.reference === `ServiceRequest/${id}` && occurrenceDateTime
        ? { ...action, timingDateTime: occurrenceDateTime }
        : action,
    ),
  };
  await updateChecked(context, moved, found.version.versionId);
}
