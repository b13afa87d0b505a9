// Begins a run of a group: the group, its team, days and calendar as a whole, and a plan of their own for each member, all or nothing.
import type { PlanDefinition, Resource } from '@medplum/fhirtypes';
import { businessRule } from '../../fhir/error.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { readKnown } from '../resources/read-known.ts';
import { requestIdentifiers } from '../resources/request-identifiers.ts';
import { checkSize, leadersOf, membersOf, placeOf, plannedDays, programmeOf } from './group-run-checks.ts';
import type { GroupRunRequest, GroupRunResult } from './group-run-request.ts';
import { repeatedRun } from './repeated-run.ts';
import { writeMember } from './write-member.ts';
import { memberPlanOf, writeRun } from './write-run.ts';

/**
 * Refused: 404 unknown plan, leader or member, or a member whom the caller does not reach; 409 a member who is in a running
 * group of this plan; 422 another number of leaders, somebody named twice, no reason where the run differs from the plan.
 */
export function startGroup(context: WorkflowContext, request: GroupRunRequest): Promise<GroupRunResult> {
  return inTransaction(context, async (inside) => {
    const plan = (await readKnown(inside.store, 'PlanDefinition', request.planId)).resource();
    return (await repeatedRun(inside, request)) ?? newRun(inside, request, plan);
  });
}

async function newRun(
  context: WorkflowContext,
  request: GroupRunRequest,
  plan: PlanDefinition,
): Promise<GroupRunResult> {
  const programme = programmeOf(plan);
  if (programme.pairs) {
    throw businessRule(
      `PlanDefinition/${plan.id} is for pairs of a patient and a therapist who both consent: begin it with POST PlanDefinition/[id]/$start-pairs`,
      'PlanDefinition.action',
    );
  }
  const leaders = await leadersOf(context, request.leaders, programme);
  const members = await membersOf(context, request.members, plan);
  const sizes = checkSize(members.length, programme, request.sizeReason);
  const { days, warnings } = plannedDays(context, request, programme);
  const where = await placeOf(context, request.place);
  const { run, resources } = await writeRun(context, plan, {
    leaders,
    members,
    days,
    ...(where !== undefined && { place: where }),
    reasons: [request.sizeReason, request.datesReason].filter((reason) => reason !== undefined),
    identifiers: requestIdentifiers(request),
  });
  const own: Resource[] = [];
  for (const patient of members) {
    own.push(await writeMember(context, memberPlanOf(context, run, patient, programme)));
  }
  return {
    kind: 'created',
    carePlan: resources[0],
    resources: [...resources, ...own],
    warnings: [...sizes, ...warnings],
  };
}
