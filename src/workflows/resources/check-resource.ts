// The check that every resource passes before it may be stored, whichever way it comes in.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import { invalid, invalidResource } from '../../fhir/error.ts';
import type { WorkflowContext } from '../context.ts';

/** Returns the remarks below an error. Throws FhirError 400 with every issue found. */
export function checkResource(
  context: Pick<WorkflowContext, 'validator'>,
  resource: Resource,
): readonly OperationOutcomeIssue[] {
  if (!context.validator.supports(resource.resourceType)) {
    throw invalid('This resource type is not served.', 'resourceType');
  }
  const issues = context.validator.validate(resource);
  if (issues.some(({ severity }) => severity === 'error' || severity === 'fatal')) {
    throw invalidResource(issues);
  }
  return issues;
}
