// What a client may be told when it is refused. Anything else that is thrown is a bug and becomes an opaque 500.
// HTTP statuses follow https://hl7.org/fhir/R4/http.html, issue codes https://hl7.org/fhir/R4/valueset-issue-type.html.
import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';

type IssueCode = OperationOutcomeIssue['code'];

/** What a FHIR string may not hold: control characters. https://hl7.org/fhir/R4/datatypes.html#string */
const unprintable = /[^\r\n\t\u0020-\uFFFF]/g;

/** An issue quotes what the client sent; what a string may not hold is shown as U+FFFD. */
export function printable(issue: OperationOutcomeIssue): OperationOutcomeIssue {
  const shown = (text: string) => text.toWellFormed().replace(unprintable, '\uFFFD');
  return {
    ...issue,
    ...(issue.diagnostics !== undefined && { diagnostics: shown(issue.diagnostics) }),
    ...(issue.expression && { expression: issue.expression.map(shown) }),
  };
}

/** A refusal: the HTTP status and exactly the issues that the client sees. */
export class FhirError extends Error {
  readonly status: number;
  readonly issues: readonly OperationOutcomeIssue[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    issues: readonly OperationOutcomeIssue[],
    options: ErrorOptions & { headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(issues.map((issue) => issue.diagnostics ?? issue.code).join('; '), options);
    this.name = 'FhirError';
    this.status = status;
    this.issues = issues.map(printable);
    this.headers = options.headers ?? {};
  }
}

const refusal = (status: number, code: IssueCode) => (diagnostics: string, expression?: string) =>
  new FhirError(status, [
    { severity: 'error', code, diagnostics, ...(expression && { expression: [expression] }) },
  ]);

export const malformed = refusal(400, 'structure');
export const invalid = refusal(400, 'invalid');
export const forbidden = refusal(403, 'forbidden');
export const notFound = refusal(404, 'not-found');
export const notAcceptable = refusal(406, 'not-supported');
export const conflict = refusal(409, 'conflict');
export const gone = refusal(410, 'deleted');
export const versionMismatch = refusal(412, 'conflict');
export const multipleMatches = refusal(412, 'multiple-matches');
export const tooLarge = refusal(413, 'too-long');
export const unsupportedMediaType = refusal(415, 'not-supported');
export const businessRule = refusal(422, 'business-rule');
/** Understood, and cannot be done to what is stored. */
export const unprocessable = refusal(422, 'processing');
export const preconditionRequired = refusal(428, 'required');

/** 405 with the Allow header that RFC 9110 asks for. */
export function methodNotAllowed(diagnostics: string, allowed: readonly string[]): FhirError {
  return new FhirError(405, [{ severity: 'error', code: 'not-supported', diagnostics }], {
    headers: { Allow: allowed.join(', ') },
  });
}

/** A resource that is not valid: every issue found, each with its place. Status 400 (unparsable or invalid by the base specification). */
export function invalidResource(issues: readonly OperationOutcomeIssue[]): FhirError {
  return new FhirError(400, issues);
}

/** The OperationOutcome for a refusal, also used inside Bundle.entry.response.outcome. */
export function outcomeOf(error: FhirError): OperationOutcome {
  return { resourceType: 'OperationOutcome', issue: [...error.issues] };
}
