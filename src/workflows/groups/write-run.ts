// Stores what a run of a group has as a whole, by the service, and says what each member's own plan is made from.
import type { CarePlan, PlanDefinition, Resource } from '@medplum/fhirtypes';
import { addDuration } from '../../course/calendar.ts';
import type { MemberPlan } from '../../course/group/group-member-resources.ts';
import { type GroupDay, type GroupRun, groupResources } from '../../course/group/group-resources.ts';
import { canonicalOf } from '../../fhir/canonical.ts';
import { beside } from '../../fhir/kept-translations.ts';
import type { GroupPlan } from '../../pathways/group-plan-of.ts';
import { forGroup, type WorkflowContext } from '../context.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { createChecked } from '../resources/write-checked.ts';

export interface WrittenRun {
  readonly run: GroupRun;
  /** The group's plan first. Never the Group. */
  readonly resources: readonly [CarePlan, ...Resource[]];
}

export async function writeRun(
  context: WorkflowContext,
  plan: PlanDefinition,
  given: Omit<GroupRun, 'runId' | 'plan' | 'title' | 'authoredOn'>,
): Promise<WrittenRun> {
  const carePlanId = context.newId();
  const run: GroupRun = {
    ...given,
    runId: carePlanId,
    plan: canonicalOf(plan) ?? '',
    title: plan.title ?? plan.name ?? 'Group',
    ...beside(plan, 'title'),
    authoredOn: context.clock.now().toISOString(),
  };
  const groupId = context.newId();
  const built = groupResources(
    {
      group: groupId,
      careTeam: context.newId(),
      carePlan: carePlanId,
      requestGroup: context.newId(),
      days: run.days.map(() => context.newId()),
      appointments: run.days.map(() => context.newId()),
    },
    run,
    sentencesOf(context.catalogue),
  );
  const asGroup = await forGroup(context, { newGroup: groupId });
  await createChecked(asGroup, built.group);
  const carePlan = (await createChecked(asGroup, built.carePlan)).resource();
  const parts: Resource[] = [];
  for (const resource of [built.careTeam, built.requestGroup, ...built.days, ...built.appointments]) {
    parts.push((await createChecked<Resource>(asGroup, resource)).resource());
  }
  return { run, resources: [carePlan, ...parts] };
}

export function memberPlanOf(
  context: WorkflowContext,
  run: GroupRun,
  patient: string,
  programme: GroupPlan,
): MemberPlan {
  return {
    patient,
    sentence: sentencesOf(context.catalogue),
    groupPlan: `CarePlan/${run.runId}`,
    run,
    days: run.days,
    madeOn: daysOf(context).today,
    ...followUpAfter(run.days.at(-1), programme),
  };
}

/** What is asked of a member some time after the last day, where the plan has it. */
export function followUpAfter(
  last: GroupDay | undefined,
  { followUp }: GroupPlan,
): Pick<MemberPlan, 'followUp'> {
  if (!followUp || !last) return {};
  return {
    followUp: {
      title: followUp.title,
      ...beside(followUp, 'title'),
      date: addDuration(last.date, followUp.offset),
      ...(followUp.activity && { activity: followUp.activity }),
    },
  };
}
