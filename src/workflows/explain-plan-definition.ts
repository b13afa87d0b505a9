// PlanDefinition/$explain: says for each action of a plan whether it applies to a person, and why. Stores nothing.
import type { Parameters } from '@medplum/fhirtypes';
import { explainPlan } from '../pathways/explain-plan.ts';
import type { WorkflowContext } from './context.ts';
import { type PlanRunRequest, preparePlanRuns } from './prepare-plan-run.ts';

/** For one subject: the request names one. */
export async function explainPlanDefinition(
  context: WorkflowContext,
  request: PlanRunRequest,
): Promise<Parameters> {
  const [run] = await preparePlanRuns(context, request);
  if (!run) throw new Error('no subject was asked about');
  return explainPlan(run);
}
