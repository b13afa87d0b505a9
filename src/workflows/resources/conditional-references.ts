// References that say by a search what is meant, such as "Practitioner?identifier=system|value": a transaction looks them up.
// https://hl7.org/fhir/R4/http.html#trules
import type { Resource } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import { someReference } from '../../fhir/reference.ts';

const conditional = /^([A-Z][A-Za-z]{1,63})\?(.+)$/;

/** The conditional references of a resource, such as "Practitioner?identifier=system|value". */
export function conditionalReferences(resource: Resource): ReadonlySet<string> {
  const found = new Set<string>();
  someReference(resource, (text) => {
    if (conditional.test(text)) found.add(text);
    return false;
  });
  return found;
}

/** Throws FhirError 400 for a conditional reference where nobody resolves it: stored as it is, it would lead nowhere. */
export function assertResolved(resource: Resource): void {
  const [reference] = conditionalReferences(resource);
  if (reference !== undefined) {
    throw invalid(
      `"${reference.slice(0, 100)}" says by a search what is meant, which is looked up in a transaction only: send one, or name the resource, such as ${conditionalParts(reference).type}/1.`,
      resource.resourceType,
    );
  }
}

/** Splits "Practitioner?identifier=x" into type and query. */
export function conditionalParts(reference: string): { readonly type: string; readonly query: string } {
  const [, type = '', query = ''] = conditional.exec(reference) ?? [];
  return { type, query };
}
