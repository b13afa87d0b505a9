// Works out what a newer version of its protocol would change in one course. Nothing is written.
import type { CarePlan, PlanDefinition, Provenance } from '@medplum/fhirtypes';
import { type ProtocolStep, protocolSteps } from '../../course/plan/baseline.ts';
import { explanationsOf } from '../../course/plan/explanations.ts';
import {
  isTailoringEdit,
  type MigratedPlan,
  migratePlan,
  type StepImpact,
} from '../../course/plan/migrate-plan.ts';
import { datedProtocol } from '../../course/plan/schedule.ts';
import { businessRule } from '../../fhir/error.ts';
import { activitiesOf } from '../../pathways/compare-plans.ts';
import type { WorkflowContext } from '../context.ts';
import { baselineOf, type CoursePlan } from '../courses/course-plan.ts';
import { protocolOf } from '../courses/protocol-of.ts';
import { findProtocol } from '../courses/protocol-of-course.ts';
import { readable } from '../courses/readable-plan.ts';
import { sentencesOf } from '../courses/sentences-of.ts';
import { daysOf } from '../days.ts';
import { byReference, findResources } from '../resources/find-resources.ts';

export interface ImpactOnStep extends StepImpact {
  /** What people said about it when they tailored it. */
  readonly reasons: ReturnType<typeof explanationsOf>;
}

export interface PlanMigration extends Pick<MigratedPlan, 'steps'> {
  readonly impacts: readonly ImpactOnStep[];
}

export interface MigrationAsked {
  readonly to: PlanDefinition;
  /** Steps whose tailoring is given up. */
  readonly renewed: ReadonlySet<string>;
  readonly records: readonly Provenance[];
}

/** A group's days are the group's: no version is changed for one member, nor under a group on its way. */
export function refuseGroup({ subject, partOf }: CarePlan): void {
  if (partOf?.length || !subject.reference?.startsWith('Patient/')) {
    throw businessRule(
      'a group keeps the version that it began with until its end: the next group begins with the new one',
      'CarePlan.subject',
    );
  }
}

/** Why a paused course is brought to no other version: what rests is set anew as a whole when it goes on. */
export const pausedFirst =
  'the course is paused, and goes on by another version only after it goes on (POST CarePlan/[id]/$resume), which sets its dates anew; that it keeps its version (choice "keep") can be written down now';

/** Refused (422): the course of a group, and versions that no sessions can be planned by. */
export async function planMigration(
  context: WorkflowContext,
  plan: CoursePlan,
  { to, renewed, records }: MigrationAsked,
): Promise<PlanMigration> {
  refuseGroup(plan.carePlan);
  const { today, dayOf } = daysOf(context);
  const start = dayOf(plan.carePlan.period?.start) ?? today;
  const from = await stepsRunOn(context, plan, start);
  const reasonsOf = new Map(
    plan.steps.map(({ stepId }, index) => [
      stepId,
      explanationsOf(records, `ServiceRequest/${plan.sessions[index]?.id}`).filter(({ edit }) =>
        isTailoringEdit(edit),
      ),
    ]),
  );
  const migrated = migratePlan({
    steps: plan.steps,
    from: from.steps,
    to: datedSteps(to, start),
    activities: { from: from.activities, to: activitiesOf(to) },
    tailored: new Map(
      [...reasonsOf].map(([stepId, reasons]) => [stepId, new Set(reasons.map(({ edit }) => edit))]),
    ),
    renewed,
    today,
    sentence: sentencesOf(context.catalogue),
  });
  return {
    steps: migrated.steps,
    impacts: migrated.impacts.map((impact) => ({
      ...impact,
      reasons: reasonsOf.get(impact.stepId) ?? [],
    })),
  };
}

/** All that was recorded about the plan of a course. */
export function recordsOfPlan(
  { store }: WorkflowContext,
  carePlanId: string,
): Promise<readonly Provenance[]> {
  return findResources(store, 'Provenance', [byReference('target', `CarePlan/${carePlanId}`)]);
}

/** The version that the course runs on; the proposal that it began with stands for one that nobody has any more. */
async function stepsRunOn(
  context: WorkflowContext,
  { carePlan, order }: CoursePlan,
  start: string,
): Promise<{ readonly steps: readonly ProtocolStep[]; readonly activities: ReadonlyMap<string, string> }> {
  const canonical = carePlan.instantiatesCanonical?.[0] ?? '';
  const own = await findProtocol(context, canonical);
  if (own) return { steps: datedSteps(own, start), activities: activitiesOf(own) };
  const baseline = await baselineOf(context, order);
  if (baseline?.instantiatesCanonical?.[0] !== canonical) {
    throw businessRule(
      `${canonical}, by which CarePlan/${carePlan.id} runs, is not known any more: what was tailored cannot be told from it. Change the plan with POST CarePlan/[id]/$tailor`,
      'CarePlan.instantiatesCanonical',
    );
  }
  return { steps: protocolSteps(baseline, daysOf(context)), activities: new Map() };
}

function datedSteps(plan: PlanDefinition, start: string): readonly ProtocolStep[] {
  const seen = new Set<string>();
  return readable(plan, () => datedProtocol(protocolOf(plan, undefined).all, start)).flatMap(
    ({ actionId, ...step }): ProtocolStep[] => {
      if (seen.has(actionId)) return [];
      seen.add(actionId);
      return [{ stepId: actionId, ...step }];
    },
  );
}
