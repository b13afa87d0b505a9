// Confirms or moves the day of the next session when one was just held. Only inside its gap: what changes more is tailoring.
import type { CarePlan, CodeableConcept, RequestGroup, ServiceRequest } from '@medplum/fhirtypes';
import { isCalendarDate } from '../../course/calendar.ts';
import { tailoringReasonSystem } from '../../course/course-codes.ts';
import { inOrder, nextSession, sessionNumber } from '../../course/next-step/next-step.ts';
import { type Revision, tailoringProvenance } from '../../course/plan/tailored-resources.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import { revise } from '../course-changes/plan-changes.ts';
import { explainDeviations } from '../course-changes/record-deviations.ts';
import { agreedReason, authorOf } from '../course-changes/tailoring-reason.ts';
import { daysOf } from '../days.ts';
import type { Given } from '../resources/read-known.ts';
import { createChecked } from '../resources/write-checked.ts';

/** The sessions as they stand afterwards. Refused (422): no next session, no calendar date, a day out of the order of sessions. */
export async function moveNextSession(
  context: WorkflowContext,
  carePlan: CarePlan,
  sessions: readonly ServiceRequest[],
  heldOn: string,
  { value, expression }: Given,
): Promise<readonly ServiceRequest[]> {
  const { dayOf } = daysOf(context);
  const next = nextSession(sessions);
  if (!next) {
    throw businessRule('there is no session after this one to set a day for', expression);
  }
  const after = nextSession(inOrder(sessions).filter((each) => sessionNumber(each) > sessionNumber(next)));
  const latest = dayOf(after?.occurrenceDateTime) ?? after?.occurrenceDateTime;
  if (!isCalendarDate(value) || value < heldOn || (latest !== undefined && value >= latest)) {
    const until = latest === undefined ? '' : ` and before ${latest}, the day of the session after it`;
    throw businessRule(
      `the next session is on a calendar date from ${heldOn} on${until}, not "${value}"; to move more of the course, tailor it`,
      expression,
    );
  }
  if (dayOf(next.occurrenceDateTime) === value) return sessions;
  const moved: ServiceRequest = { ...next, occurrenceDateTime: value };
  const stored = await revise(context, moved);
  const order = await moveInOrder(context, carePlan, moved);
  await record(context, carePlan, [stored.revision, ...order], expression);
  return sessions.map((each) => (each.id === next.id ? stored.resource : each));
}

/** The order of the sessions says the same day. */
async function moveInOrder(
  context: WorkflowContext,
  carePlan: CarePlan,
  { id, occurrenceDateTime }: ServiceRequest,
): Promise<readonly Revision[]> {
  const [type, groupId] = carePlan.activity?.[0]?.reference?.reference?.split('/') ?? [];
  if (type !== 'RequestGroup' || !groupId) return [];
  const found = await context.store.read<RequestGroup>('RequestGroup', groupId);
  if (found.kind !== 'found') return [];
  const group = found.version.resource();
  const moved: RequestGroup = {
    ...group,
    action: (group.action ?? []).map((action) =>
      action.resource?.reference === `ServiceRequest/${id}` && occurrenceDateTime
        ? { ...action, timingDateTime: occurrenceDateTime }
        : action,
    ),
  };
  return [(await revise(context, moved)).revision];
}

/** A day that was agreed while people sat together is tailoring like any other. The plan itself stays; by it the record is found. */
async function record(
  context: WorkflowContext,
  { id, meta, subject, author }: CarePlan,
  revisions: readonly Revision[],
  expression: string,
): Promise<void> {
  const inTheSession: CodeableConcept = {
    coding: [{ system: tailoringReasonSystem, code: 'agreed-in-session' }],
  };
  const agreed = { reason: inTheSession, agreed: true, expression };
  const plan: Revision = { reference: `CarePlan/${id}`, versionId: meta?.versionId ?? '1' };
  const provenance = tailoringProvenance(context.newId(), {
    ...agreedReason(context.catalogue, agreed),
    patient: subject.reference ?? '',
    author: authorOf(context, author?.reference),
    edit: 'move',
    at: context.clock.now().toISOString(),
    revisions: [plan, ...revisions],
  });
  await createChecked(context, provenance);
  await explainDeviations(context, id ?? '');
}
