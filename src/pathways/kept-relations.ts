// Carries relatedAction into the result, but never to an action that is not there: a relation into nothing could not be scheduled.
// It is not re-linked to what came before: how long after that, the plan does not say.
import type {
  PlanDefinitionActionRelatedAction,
  RequestGroupAction,
  RequestGroupActionRelatedAction,
} from '@medplum/fhirtypes';
import type { ActionTrace } from './judge-plan.ts';
import { type PlanIssue, planIssue } from './plan-issue.ts';

/** Copies of the actions with the relations that hold. A plan without any gets its own actions back. */
export function keptRelations(
  actions: readonly RequestGroupAction[],
  traces: readonly ActionTrace[],
  issues: PlanIssue[],
): readonly RequestGroupAction[] {
  const traceOf = new Map<string, ActionTrace>();
  const present = new Set<string>();
  collect(traces, traceOf);
  collectIds(actions, present);
  const related = (action: RequestGroupAction): RequestGroupAction => {
    const trace = action.id ? traceOf.get(action.id) : undefined;
    const relatedAction = (trace?.action.source.relatedAction ?? []).flatMap((relation) => {
      if (present.has(relation.actionId)) return [carried(relation)];
      issues.push(
        dropped(trace?.action.path ?? action.id ?? '?', relation.actionId, traceOf.has(relation.actionId)),
      );
      return [];
    });
    if (relatedAction.length === 0 && !action.action) return action;
    return {
      ...action,
      ...(relatedAction.length > 0 && { relatedAction }),
      ...(action.action && { action: action.action.map(related) }),
    };
  };
  return actions.map(related);
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

function carried({
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

function collect(traces: readonly ActionTrace[], into: Map<string, ActionTrace>): void {
  for (const trace of traces) {
    if (!into.has(trace.action.id)) into.set(trace.action.id, trace);
    collect(trace.children, into);
  }
}

function collectIds(actions: readonly RequestGroupAction[], into: Set<string>): void {
  for (const { id, action } of actions) {
    if (id) into.add(id);
    collectIds(action ?? [], into);
  }
}
