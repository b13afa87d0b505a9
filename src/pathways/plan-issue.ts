// What is told about a plan besides its result: an issue with the place in the plan where it arose.
import type { OperationOutcomeIssue } from '@medplum/fhirtypes';

export type PlanIssue = OperationOutcomeIssue;

/** `at` is an action's id or "goal x". Severity "information" needs nobody's attention. */
export function planIssue(
  severity: PlanIssue['severity'],
  code: PlanIssue['code'],
  at: string,
  diagnostics: string,
): PlanIssue {
  return { severity, code, diagnostics: `${at}: ${diagnostics}` };
}
