// What a walk has found so far, and where it is: a place is put into words only when there is something to tell about it.
import type { OperationOutcomeIssue } from '@medplum/fhirtypes';

/** A client learns enough from a hundred; a hostile one must not make us write a million. */
export const mostIssues = 100;

export interface Findings {
  readonly issues: OperationOutcomeIssue[];
  /** The names of the elements from the resource down to where the walk is, each followed by its place when it stands in an array. */
  readonly path: (string | number)[];
  /** False when a value is not of the JSON type that its element has; code that trusts the types must not see the resource then. */
  isShaped: boolean;
}

/** The place of an element that stands alone. */
export const alone = -1;

export function enter(findings: Findings, name: string, place: number): void {
  findings.path.push(name);
  if (place !== alone) findings.path.push(place);
}

export function leave(findings: Findings, place: number): void {
  findings.path.pop();
  if (place !== alone) findings.path.pop();
}

/** FHIRPath to where the walk is, or to an element there. */
export function pathOf({ path }: Findings, name?: string, place = alone): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  if (name === undefined) return text;
  return place === alone ? `${text}.${name}` : `${text}.${name}[${place}]`;
}

export function report(
  findings: Findings,
  code: OperationOutcomeIssue['code'],
  expression: string,
  diagnostics: string,
): void {
  if (findings.issues.length < mostIssues) {
    findings.issues.push({ severity: 'error', code, diagnostics, expression: [expression] });
  }
}

export function misshapen(findings: Findings, expression: string, diagnostics: string): void {
  findings.isShaped = false;
  report(findings, 'structure', expression, diagnostics);
}
