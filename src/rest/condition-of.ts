// The condition in the address of a conditional update, patch or delete: https://hl7.org/fhir/R4/http.html#cond-update
import { invalid } from '../fhir/error.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import type { FhirRequest } from './fhir-request.ts';
import { conditionFrom } from './search-condition.ts';

const general = new Set(['_format', '_pretty']);

/** Throws FhirError 400 when there is none, or a part of it is not understood. */
export function conditionOf({ system, type, query, base }: FhirRequest): SearchQuery {
  const asked = query.filter(([name]) => !general.has(name));
  if (asked.length === 0) {
    throw invalid(
      `Name one resource (${type}/[id]) or say by a search which one is meant, such as ${type}?identifier=system|value.`,
    );
  }
  return conditionFrom(system, type, asked, base);
}
