// The part of a RequestGroup.action that is the same for every person. https://hl7.org/fhir/R4/requestgroup.html
// Documentation is left in the plan, which the RequestGroup names by its canonical.
import type { PlanDefinitionAction, RequestGroupAction } from '@medplum/fhirtypes';
import { beside } from '../fhir/kept-translations.ts';

export function actionFrame(action: PlanDefinitionAction, id: string): RequestGroupAction {
  const carried = (action.condition ?? []).filter(({ kind }) => kind !== 'applicability');
  return {
    id,
    ...(action.prefix && { prefix: action.prefix }),
    ...(action.title && { title: action.title, ...beside(action, 'title') }),
    ...(action.description && { description: action.description, ...beside(action, 'description') }),
    ...(action.textEquivalent && {
      textEquivalent: action.textEquivalent,
      ...beside(action, 'textEquivalent'),
    }),
    ...(action.priority && { priority: action.priority }),
    ...(action.code && { code: action.code }),
    ...(carried.length > 0 && { condition: carried }),
    ...timingOf(action),
    ...(action.type && { type: action.type }),
    ...(action.groupingBehavior && { groupingBehavior: action.groupingBehavior }),
    ...(action.selectionBehavior && { selectionBehavior: action.selectionBehavior }),
    ...(action.requiredBehavior && { requiredBehavior: action.requiredBehavior }),
    ...(action.precheckBehavior && { precheckBehavior: action.precheckBehavior }),
    ...(action.cardinalityBehavior && { cardinalityBehavior: action.cardinalityBehavior }),
  };
}

/** The timing as the plan gives it; dates are resolved when a plan becomes a course. */
function timingOf(action: PlanDefinitionAction): Partial<RequestGroupAction> {
  const { timingDateTime, timingAge, timingPeriod, timingDuration, timingRange, timingTiming } = action;
  if (timingDateTime) return { timingDateTime };
  if (timingAge) return { timingAge };
  if (timingPeriod) return { timingPeriod };
  if (timingDuration) return { timingDuration };
  if (timingRange) return { timingRange };
  return timingTiming ? { timingTiming } : {};
}
