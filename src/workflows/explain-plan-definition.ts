// PlanDefinition/$explain: says for each action of a plan whether it applies to a person, and why. Stores nothing.
import type { Parameters } from '@medplum/fhirtypes';
import { explainPlan } from '../pathways/explain-plan.ts';
import type { WorkflowContext } from './context.ts';
import { type PlanRunRequest, preparePlanRun } from './prepare-plan-run.ts';

export async function explainPlanDefinition(
  context: WorkflowContext,
  request: PlanRunRequest,
): Promise<Parameters> {
  return explainPlan(await preparePlanRun(context, request));
}
