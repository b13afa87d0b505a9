// Compiles the goals of a PlanDefinition, and tells what is wrong with them before they are proposed to anybody.
import type { PlanDefinition, PlanDefinitionGoal } from '@medplum/fhirtypes';
import type { CompiledAction, CompiledGoal } from './compiled-plan.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';
import { partName } from './proposal-ids.ts';

interface GoalPlace {
  /** Of the plan in the plans around it. */
  readonly path: string;
  readonly issues: PlanIssue[];
}

/** `actions` are the plan's own: a goal that one of them names and the plan does not have is told. */
export function compileGoals(
  plan: PlanDefinition,
  { path, issues }: GoalPlace,
  actions: readonly CompiledAction[],
): readonly CompiledGoal[] {
  const goals = (plan.goal ?? []).map((source, index) => {
    const id = source.id ?? `goal-${index + 1}`;
    const at = `${path ? `${path}/` : ''}goal ${id}`;
    issues.push(...notCarried(source).map((why) => planIssue('warning', 'not-supported', at, why)));
    return { source, id, name: partName('goal', `${path} ${id}`) };
  });
  const known = new Set(goals.map(({ id }) => id));
  issues.push(...unknownGoals(actions, known));
  return goals;
}

/** A detail cannot stand without its measure: https://hl7.org/fhir/R4/goal.html#invs (gol-1). */
function notCarried({ target = [] }: PlanDefinitionGoal): readonly string[] {
  return target.flatMap(({ measure, detailQuantity, detailRange, detailCodeableConcept }, index) =>
    !measure && (detailQuantity ?? detailRange ?? detailCodeableConcept)
      ? [
          `target ${index + 1} says how much and not of what; without a measure a Goal holds no detail, and it is not carried`,
        ]
      : [],
  );
}

function unknownGoals(actions: readonly CompiledAction[], known: ReadonlySet<string>): PlanIssue[] {
  return actions.flatMap(({ source, path, children }) => [
    ...(source.goalId ?? [])
      .filter((id) => !known.has(id))
      .map((id) => planIssue('error', 'not-found', path, `the plan has no goal "${id}"`)),
    ...unknownGoals(children, known),
  ]);
}
