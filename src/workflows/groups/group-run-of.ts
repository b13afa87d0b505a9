// Reads a run of a group as one of its leaders sees it: its plan, days and programme, and the members' own plans.
import type { CarePlan, CareTeam, Group, PlanDefinition, ServiceRequest } from '@medplum/fhirtypes';
import { hasCourseCode } from '../../course/course-codes.ts';
import { pairOf } from '../../course/group/pair-resources.ts';
import { asItIs, type Said, saidIn } from '../../course/said.ts';
import { businessRule } from '../../fhir/error.ts';
import type { GroupPlan } from '../../pathways/group-plan-of.ts';
import type { WorkflowContext } from '../context.ts';
import { episodeReference } from '../courses/course-plan.ts';
import { sessionsOf } from '../courses/course-sessions.ts';
import { protocolOfCourse } from '../courses/protocol-of-course.ts';
import { byReference, findResources } from '../resources/find-resources.ts';
import { readKnown, readReferenced } from '../resources/read-known.ts';
import { updateChecked } from '../resources/write-checked.ts';
import { programmeOf } from './group-run-checks.ts';

export interface RunOfGroup {
  readonly carePlan: CarePlan;
  readonly versionId: string;
  /** "Group/x". */
  readonly group: string;
  readonly plan: PlanDefinition;
  readonly programme: GroupPlan;
  readonly days: readonly ServiceRequest[];
  readonly leaders: readonly string[];
}

/** A member's own plan and the days in it, whatever their status. */
export interface MemberOfRun {
  readonly patient: string;
  readonly carePlan: CarePlan;
  readonly episode?: string;
  readonly days: readonly ServiceRequest[];
  /** With whom they take part as a pair. */
  readonly pair?: { readonly team: CareTeam; readonly therapist: string };
}

/** Refused: 404 a plan that the actor does not see, 422 one that is no group's. */
export async function groupRunOf(context: WorkflowContext, carePlanId: string): Promise<RunOfGroup> {
  const version = await readKnown(context.store, 'CarePlan', carePlanId);
  const carePlan = version.resource();
  const group = carePlan.subject.reference ?? '';
  if (!group.startsWith('Group/')) {
    throw businessRule(
      `CarePlan/${carePlanId} is the plan of one person: name the group's plan, which it is a part of`,
      'CarePlan.subject',
    );
  }
  const plan = await protocolOfCourse(context, carePlan);
  if (!plan) {
    const canonical = carePlan.instantiatesCanonical?.[0] ?? '';
    throw businessRule(`the plan of this group is not known: ${canonical}`, 'CarePlan.instantiatesCanonical');
  }
  return {
    carePlan,
    versionId: version.versionId,
    group,
    plan,
    programme: programmeOf(plan),
    days: await sessionsOf(context, carePlan),
    leaders: await leadersOf(context, carePlan),
  };
}

async function leadersOf(context: WorkflowContext, carePlan: CarePlan): Promise<readonly string[]> {
  const team: CareTeam = (
    await readReferenced(context.store, carePlan.careTeam?.[0]?.reference ?? '', ['CareTeam'])
  ).resource();
  return (team.participant ?? []).flatMap(({ member }) => member?.reference ?? []);
}

/** Those whose own plan is a part of this one and runs. */
export async function membersOfRun(
  context: WorkflowContext,
  { carePlan }: Pick<RunOfGroup, 'carePlan'>,
): Promise<readonly MemberOfRun[]> {
  const plans = await findResources(context.store, 'CarePlan', [
    byReference('part-of', `CarePlan/${carePlan.id}`),
  ]);
  const members: MemberOfRun[] = [];
  for (const own of plans.filter(({ status }) => status === 'active' || status === 'on-hold')) {
    members.push(await memberOfRun(context, own));
  }
  return members;
}

/** By their own plan. */
export async function memberOfRun(context: WorkflowContext, own: CarePlan): Promise<MemberOfRun> {
  const episode = episodeReference(own);
  const pair = await pairOfMember(context, own);
  return {
    patient: own.subject.reference ?? '',
    carePlan: own,
    ...(episode && { episode }),
    ...(pair && { pair }),
    days: (await sessionsOf(context, own)).filter(({ code }) => hasCourseCode(code, 'group-day')),
  };
}

/** What is agreed at the end, with whom: the plan's own words. */
export const nextStepOfRun = ({ programme: { nextStep } }: RunOfGroup): Said =>
  saidIn(nextStep, 'title') ?? asItIs(nextStep.title);

/** The group with its members as they are now; its plan gets a new version, so that whoever saw the old one hears of it. */
export async function groupBecomes(
  asGroup: WorkflowContext,
  run: RunOfGroup,
  change: (group: Group) => Group,
): Promise<{ readonly carePlan: CarePlan; readonly group: Group }> {
  const stored = await readKnown(asGroup.store, 'Group', run.group.slice('Group/'.length));
  const group = (await updateChecked(asGroup, change(stored.resource()), stored.versionId)).resource();
  return { carePlan: (await updateChecked(asGroup, run.carePlan, run.versionId)).resource(), group };
}

async function pairOfMember(context: WorkflowContext, { careTeam }: CarePlan): Promise<MemberOfRun['pair']> {
  // The first is the team of those who lead.
  for (const { reference } of careTeam?.slice(1) ?? []) {
    const team = (await readReferenced(context.store, reference ?? '', ['CareTeam'])).resource();
    const pair = pairOf(team);
    if (pair) return { team, therapist: pair.therapist };
  }
  return undefined;
}
