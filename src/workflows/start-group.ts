// Begins a run of a group: the group, its team, days and calendar as a whole, and a plan of their own for each member, all or nothing.
import type { CarePlan, PlanDefinition, Resource } from '@medplum/fhirtypes';
import { addDuration } from '../course/calendar.ts';
import { contentIdentifierSystem, keyIdentifierSystem } from '../course/course-codes.ts';
import type { MemberPlan } from '../course/group-member-resources.ts';
import { dateOf, type GroupRun, groupResources } from '../course/group-resources.ts';
import { businessRule } from '../fhir/error.ts';
import type { GroupPlan } from '../pathways/group-plan-of.ts';
import { forGroup, inTransaction, type WorkflowContext } from './context.ts';
import { byReference, byToken, findResources } from './find-resources.ts';
import { checkSize, leadersOf, membersOf, placeOf, plannedDays, programmeOf } from './group-run-checks.ts';
import type { GroupRunRequest, GroupRunResult } from './group-run-request.ts';
import { readKnown } from './read-known.ts';
import { requestIdentifiers } from './request-identifiers.ts';
import { createChecked } from './write-checked.ts';
import { writeMember } from './write-member.ts';

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
  if (programme.elements.some(({ coding }) => coding.system?.endsWith('/joint-course-part'))) {
    throw businessRule(
      `PlanDefinition/${plan.id} is for pairs of a patient and a therapist who both consent: it does not begin as a group`,
      'PlanDefinition.action',
    );
  }
  const leaders = await leadersOf(context, request.leaders, programme);
  const members = await membersOf(context, request.members, plan);
  const sizes = checkSize(members.length, programme, request.sizeReason);
  const { days, warnings } = plannedDays(context, request, programme);
  const where = await placeOf(context, request.place);
  const authoredOn = context.clock.now().toISOString();
  const carePlanId = context.newId();
  const run: GroupRun = {
    runId: carePlanId,
    plan: plan.version ? `${plan.url}|${plan.version}` : `${plan.url}`,
    title: plan.title ?? plan.name ?? 'Group',
    authoredOn,
    leaders,
    members,
    days,
    ...(where !== undefined && { place: where }),
    reasons: [request.sizeReason, request.datesReason].filter((reason) => reason !== undefined),
    identifiers: requestIdentifiers(request),
  };
  const groupId = context.newId();
  const built = groupResources(
    {
      group: groupId,
      careTeam: context.newId(),
      carePlan: carePlanId,
      requestGroup: context.newId(),
      days: days.map(() => context.newId()),
      appointments: days.map(() => context.newId()),
    },
    run,
  );
  const asGroup = await forGroup(context, { newGroup: groupId });
  await createChecked(asGroup, built.group);
  const written: Resource[] = [];
  const whole = [built.carePlan, built.careTeam, built.requestGroup, ...built.days, ...built.appointments];
  for (const resource of whole) {
    written.push((await createChecked<Resource>(asGroup, resource)).resource());
  }
  for (const patient of members) {
    written.push(await writeMember(context, memberPlan(patient, carePlanId, run, programme, authoredOn)));
  }
  const carePlan = written[0] as CarePlan;
  return { kind: 'created', carePlan, resources: written, warnings: [...sizes, ...warnings] };
}

function memberPlan(
  patient: string,
  groupPlanId: string,
  run: GroupRun,
  programme: GroupPlan,
  authoredOn: string,
): MemberPlan {
  const last = run.days.at(-1);
  const { followUp } = programme;
  return {
    patient,
    groupPlan: `CarePlan/${groupPlanId}`,
    run,
    days: run.days,
    isBegun: run.days[0] !== undefined && dateOf(run.days[0]) <= authoredOn.slice(0, 10),
    ...(followUp &&
      last && {
        followUp: {
          title: followUp.title,
          date: addDuration(dateOf(last), followUp.offset),
          ...(followUp.activity && { activity: followUp.activity }),
        },
      }),
  };
}

/** The run that the same call began before: by its key where one was sent, else by its content while it runs. */
async function repeatedRun(
  context: WorkflowContext,
  request: GroupRunRequest,
): Promise<GroupRunResult | undefined> {
  const identifier = request.idempotencyKey
    ? { system: keyIdentifierSystem, code: request.idempotencyKey }
    : { system: contentIdentifierSystem, code: request.contentMark };
  const found = await findResources(context.store, 'CarePlan', [byToken('identifier', identifier)]);
  const carePlan = found.find(({ subject }) => subject.reference?.startsWith('Group/'));
  if (!carePlan || (!request.idempotencyKey && carePlan.status !== 'active')) {
    return undefined;
  }
  const isSameContent = carePlan.identifier?.some(
    ({ system, value }) => system === contentIdentifierSystem && value === request.contentMark,
  );
  if (!isSameContent) {
    throw businessRule('this Idempotency-Key was used before with another content');
  }
  const own = await findResources(context.store, 'CarePlan', [
    byReference('part-of', `CarePlan/${carePlan.id}`),
  ]);
  return { kind: 'repeated', carePlan, resources: [carePlan, ...own], warnings: [] };
}
