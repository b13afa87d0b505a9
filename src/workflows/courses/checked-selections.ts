// Reads what was chosen for the sessions of a course, and refuses what the plan's behaviours do not allow.
import type { PlanDefinition, PlanDefinitionAction } from '@medplum/fhirtypes';
import { actionOf, faultOfSelections, nameOf } from '../../course/plan/check-selections.ts';
import { withoutVersion } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';
import type { Given } from '../resources/read-known.ts';
import { type ElementChoice, elementChoice } from './element-choice.ts';

/** Refused (422): what is no element or activity of the therapy, and too many or too few of a group, which is named. */
export function checkedSelections(
  { catalogue }: WorkflowContext,
  plan: PlanDefinition,
  selections: readonly Given[],
  leftOut: readonly LeftOut[],
): readonly (ElementChoice & Pick<Given, 'expression'>)[] {
  const choices = selections.map(({ value, expression }) => ({
    ...elementChoice(catalogue, value, expression),
    expression,
  }));
  const fault = faultOfSelections(
    plan.action ?? [],
    (action) => choices.filter((choice) => isOf(choice, action)).length,
    ({ id }) => leftOut.some(({ action }) => action.value === id),
  );
  if (fault !== undefined) {
    throw businessRule(fault, selections[0]?.expression);
  }
  return choices;
}

/** Something of the plan that this course does without, and why. */
export interface LeftOut {
  readonly action: Given;
  readonly reason: string;
}

/** In words, as the plan of the course keeps them. Refused (422): what the plan does not have, or is not without. */
export function reasonsOfLeftOut(plan: PlanDefinition, leftOut: readonly LeftOut[]): readonly string[] {
  return leftOut.map(({ action: { value, expression }, reason }) => {
    const action = actionOf(plan.action ?? [], value);
    if (!action) {
      throw businessRule(`"${value}" is the id of no action of PlanDefinition/${plan.id}`, expression);
    }
    if (action.requiredBehavior === 'must') {
      throw businessRule(`the plan is not without ${nameOf(action)} (requiredBehavior must)`, expression);
    }
    return `${nameOf(action)} is left out: ${reason}`;
  });
}

/** An activity is the action that points to it; an element is the action whose id or code is the element's. */
function isOf({ element, activity }: ElementChoice, action: PlanDefinitionAction): boolean {
  if (activity !== undefined) {
    return withoutVersion(action.definitionCanonical ?? '') === withoutVersion(activity);
  }
  return (
    action.id === element.code ||
    action.code?.some(({ coding }) =>
      coding?.some(({ system, code }) => system === element.system && code === element.code),
    ) === true
  );
}
