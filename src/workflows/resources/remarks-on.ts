// What whoever writes a resource is told about it by its type's rule, beside the validator's remarks.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import type { WorkflowContext } from '../context.ts';
import { rulesByType } from './rules-by-type.ts';

export async function remarksOn(
  context: WorkflowContext,
  resource: Resource,
): Promise<readonly OperationOutcomeIssue[]> {
  return (await rulesByType[resource.resourceType]?.remarks?.(context, resource)) ?? [];
}
