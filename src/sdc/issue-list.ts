// Collects what could not be done, for the OperationOutcome that goes with the result.
import type { OperationOutcomeIssue } from '@medplum/fhirtypes';

type IssueCode = OperationOutcomeIssue['code'];

export interface IssueList {
  /** Something that the Questionnaire asks for was not done: a person should know. */
  warn(code: IssueCode, diagnostics: string, expression: string): void;
  /** Something that is as it should be, and may surprise. */
  inform(code: IssueCode, diagnostics: string, expression: string): void;
  all(): readonly OperationOutcomeIssue[];
}

/** More than anybody reads; a hostile Questionnaire shall not make an answer larger than itself. */
const mostIssues = 100;

export function issueList(): IssueList {
  const issues: OperationOutcomeIssue[] = [];
  const add = (
    severity: 'warning' | 'information',
    code: IssueCode,
    diagnostics: string,
    expression: string,
  ) => {
    if (issues.length < mostIssues) issues.push({ severity, code, diagnostics, expression: [expression] });
  };
  return {
    warn: (code, diagnostics, expression) => add('warning', code, diagnostics, expression),
    inform: (code, diagnostics, expression) => add('information', code, diagnostics, expression),
    all: () => issues,
  };
}
