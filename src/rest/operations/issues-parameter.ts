// Adds what could not be done to the answer of an operation, as a parameter named "issues".
import type { OperationOutcomeIssue, ParametersParameter } from '@medplum/fhirtypes';

/** Empty when there is nothing to say: an OperationOutcome has at least one issue. */
export function issuesParameter(issues: readonly OperationOutcomeIssue[]): ParametersParameter[] {
  return issues.length === 0
    ? []
    : [{ name: 'issues', resource: { resourceType: 'OperationOutcome', issue: [...issues] } }];
}
