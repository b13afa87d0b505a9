// Carries relatedAction into the result, but never to an action that is not there: a relation into nothing could not be scheduled.
// It is not re-linked to what came before: how long after that, the plan does not say.
import type { PlanDefinitionActionRelatedAction, RequestGroupActionRelatedAction } from '@medplum/fhirtypes';
import type { CompiledAction, CompiledPlan } from './compiled-plan.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';

/** The relation as the RequestGroup holds it, the same for every person. */
export function carriedRelation({
  actionId,
  relationship,
  offsetDuration,
  offsetRange,
  extension,
}: PlanDefinitionActionRelatedAction): RequestGroupActionRelatedAction {
  return {
    ...(extension && { extension }),
    actionId,
    relationship,
    ...(offsetDuration && { offsetDuration }),
    ...(offsetRange && { offsetRange }),
  };
}

/** The relations of an action to what is present in the proposal; the others become issues. */
export function keptRelations(
  { path, relations }: CompiledAction,
  plan: CompiledPlan,
  present: ReadonlySet<string>,
  issues: PlanIssue[],
): RequestGroupActionRelatedAction[] {
  return relations.filter(({ actionId }) => {
    const isPresent = present.has(actionId);
    if (!isPresent) issues.push(dropped(path, actionId, plan.actionIds.has(actionId)));
    return isPresent;
  });
}

function dropped(path: string, actionId: string, isInPlan: boolean): PlanIssue {
  return isInPlan
    ? planIssue(
        'warning',
        'informational',
        path,
        `"${actionId}" was left out, so when this comes has to be agreed`,
      )
    : planIssue('error', 'not-found', path, `relates to "${actionId}", which the plan does not have`);
}
