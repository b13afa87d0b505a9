// PlanDefinition/$apply: proposes what a plan means for a person, for each of several people, or for a group. Stores nothing.
import type { Bundle, CarePlan } from '@medplum/fhirtypes';
import { FhirError } from '../../fhir/error.ts';
import { applyPlan } from '../../pathways/apply-plan.ts';
import { resultsTogether } from '../../pathways/results-together.ts';
import type { WorkflowContext } from '../context.ts';
import { type PlanRunRequest, preparePlanRuns } from './prepare-plan-run.ts';

export interface ApplyRequest extends PlanRunRequest {
  readonly resultType: 'care-plan' | 'bundle';
  /** Refuse (422) a result that comes with errors or warnings, instead of returning what could be done. */
  readonly isStrict: boolean;
  readonly mergesNested: boolean;
}

/** For one subject its result; for several, or the members of a group, a Bundle of one result each. */
export async function applyPlanDefinition(
  context: WorkflowContext,
  request: ApplyRequest,
): Promise<CarePlan | Bundle> {
  const { validator } = context;
  const { resultType, mergesNested } = request;
  const runs = await preparePlanRuns(context, request);
  const results = runs.map((run) => applyPlan({ ...run, validator, resultType, mergesNested }));
  const hindrances = results.flatMap(({ issues }) =>
    issues.filter(({ severity }) => severity !== 'information'),
  );
  if (request.isStrict && hindrances.length > 0) {
    throw new FhirError(422, hindrances);
  }
  const [only] = results;
  const [first] = runs;
  if (!only || !first) throw new Error('no subject was asked about');
  if (request.subjects.length === 1 && !request.expandsMembers) {
    return only.resource;
  }
  return resultsTogether(
    results.map(({ resource }) => resource),
    first.now,
  );
}
