// Turns a goal of a plan into a proposed Goal of a person. https://hl7.org/fhir/R4/goal.html
import type {
  Goal,
  GoalTarget,
  Group,
  Patient,
  PlanDefinitionGoal,
  PlanDefinitionGoalTarget,
  Reference,
} from '@medplum/fhirtypes';
import type { HashedName } from '../fhir/deterministic-id.ts';
import type { CompiledAction, CompiledPlan } from './compiled-plan.ts';
import { dueDate } from './due-date.ts';

/** https://hl7.org/fhir/uv/cpg/STU2/StructureDefinition-cpg-goalFor.html: the plan that has the goal. */
const goalForUrl = 'http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-goalFor';

export interface GoalSetting {
  idOf(part: HashedName): string;
  reference(id: string): string;
  readonly subject: Reference<Patient | Group>;
  /** The calendar date of the application. */
  readonly today: string;
  /** Grows with the goals of the plan and of each nested plan that applies. */
  readonly goals: Goal[];
}

/** Adds the plan's goals to the proposal; returns how to refer to each by its id in the plan. */
export function proposeGoals(plan: CompiledPlan, setting: GoalSetting): ReadonlyMap<string, Reference<Goal>> {
  const references = new Map<string, Reference<Goal>>();
  for (const { source, id: planId, name } of plan.goals) {
    const id = setting.idOf(name);
    setting.goals.push(proposedGoal(source, id, plan.canonical, setting));
    references.set(planId, { reference: setting.reference(id) });
  }
  return references;
}

/**
 * What an action works on: its own goals, and those of the actions around it, since a group works on a goal by its parts. An action of a
 * RequestGroup has no place for goals; what it stands for has.
 */
export function goalsWorkedOn(
  { source }: CompiledAction,
  goals: ReadonlyMap<string, Reference<Goal>>,
  around: readonly Reference<Goal>[],
): readonly Reference<Goal>[] {
  const own = (source.goalId ?? []).flatMap((goalId) => goals.get(goalId) ?? []);
  return own.length === 0 ? around : [...new Set([...around, ...own])];
}

/** A target's due date is counted from today. */
function proposedGoal(
  goal: PlanDefinitionGoal,
  id: string,
  plan: string,
  { subject, today }: GoalSetting,
): Goal {
  const targets = (goal.target ?? []).flatMap((target) => targetOf(target, today));
  return {
    resourceType: 'Goal',
    id,
    extension: [{ url: goalForUrl, valueCanonical: plan }],
    lifecycleStatus: 'proposed',
    ...(goal.category && { category: [goal.category] }),
    ...(goal.priority && { priority: goal.priority }),
    description: goal.description,
    subject,
    ...(goal.start ? { startCodeableConcept: goal.start } : { startDate: today }),
    ...(targets.length > 0 && { target: targets }),
    ...(goal.addresses && {
      note: goal.addresses.map((concept) => ({
        text: `Addresses: ${concept.text ?? concept.coding?.[0]?.display ?? concept.coding?.[0]?.code ?? 'a coded problem'}`,
      })),
    }),
  };
}

/** A detail without a measure is left out, as invariant gol-1 asks; compile-goals.ts tells so. */
function targetOf(target: PlanDefinitionGoalTarget, today: string): GoalTarget[] {
  const { measure, detailQuantity, detailRange, detailCodeableConcept, due } = target;
  const date = due && dueDate(today, due);
  const made: GoalTarget = {
    ...(measure && { measure }),
    ...(measure && detailQuantity && { detailQuantity }),
    ...(measure && detailRange && { detailRange }),
    ...(measure && detailCodeableConcept && { detailCodeableConcept }),
    ...(date ? { dueDate: date } : due && { dueDuration: due }),
  };
  return Object.keys(made).length > 0 ? [made] : [];
}
