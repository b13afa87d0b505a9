// Gives a refusal, or a warning, the place of the Bundle entry that it comes from.
import type { OperationOutcomeIssue } from '@medplum/fhirtypes';
import { FhirError } from '../../fhir/error.ts';

/** "Patient.birthDate" in entry 3 becomes "Bundle.entry[3].resource.birthDate"; without a place, it is the entry. */
export function placedIssue(issue: OperationOutcomeIssue, index: number): OperationOutcomeIssue {
  const place = `Bundle.entry[${index}]`;
  const expression = (issue.expression ?? []).map((path) => {
    if (path.startsWith('Bundle.entry[')) {
      return path;
    }
    const inner = /^[A-Z][A-Za-z]*(?=[.[]|$)/.test(path) ? path.replace(/^[A-Za-z]+/, '') : `.${path}`;
    return `${place}.resource${inner}`;
  });
  return { ...issue, expression: expression.length === 0 ? [place] : expression };
}

export function placedError(error: FhirError, index: number): FhirError {
  const issues = error.issues.map((issue) => placedIssue(issue, index));
  return new FhirError(error.status, issues, { cause: error });
}

/** Does the work of an entry; what refuses it says which entry it was. */
export async function placed<T>(index: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FhirError ? placedError(error, index) : error;
  }
}
