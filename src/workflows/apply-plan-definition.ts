// PlanDefinition/$apply: proposes what a plan means for a person. Stores nothing.
import type { Bundle, CarePlan } from '@medplum/fhirtypes';
import { FhirError } from '../fhir/error.ts';
import { applyPlan } from '../pathways/apply-plan.ts';
import type { WorkflowContext } from './context.ts';
import { type PlanRunRequest, preparePlanRun } from './prepare-plan-run.ts';

export interface ApplyRequest extends PlanRunRequest {
  readonly resultType: 'care-plan' | 'bundle';
  /** Refuse (422) a result that comes with errors or warnings, instead of returning what could be done. */
  readonly isStrict: boolean;
}

export async function applyPlanDefinition(
  context: WorkflowContext,
  request: ApplyRequest,
): Promise<CarePlan | Bundle> {
  const run = await preparePlanRun(context, request);
  const { resource, issues } = applyPlan({ ...run, resultType: request.resultType });
  const hindrances = issues.filter(({ severity }) => severity !== 'information');
  if (request.isStrict && hindrances.length > 0) {
    throw new FhirError(422, hindrances);
  }
  return resource;
}
