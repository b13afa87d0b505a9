// PlanDefinition/$explain: says for each action of a plan whether it applies to a person, and why. Stores nothing.
import type { Bundle, Parameters } from '@medplum/fhirtypes';
import { explainPlan } from '../../pathways/explain-plan.ts';
import { explanationsTogether } from '../../pathways/results-together.ts';
import type { WorkflowContext } from '../context.ts';
import { type PlanRunRequest, preparePlanRuns } from './prepare-plan-run.ts';

/** For one subject its explanation; for several, or the members of a group, a Bundle of one explanation each. */
export async function explainPlanDefinition(
  context: WorkflowContext,
  request: PlanRunRequest,
): Promise<Parameters | Bundle> {
  const runs = await preparePlanRuns(context, request);
  const explanations = runs.map(explainPlan);
  const [only] = explanations;
  const [first] = runs;
  if (!only || !first) throw new Error('no subject was asked about');
  if (request.subjects.length === 1 && !request.expandsMembers) return only;
  return explanationsTogether(explanations, first.now);
}
