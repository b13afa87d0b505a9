// Reads a search that stands in content, such as "Observation?code=x" in a Questionnaire.
import { invalid } from '../fhir/error.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import type { RestSystem } from './rest-system.ts';
import { searchCondition } from './search-condition.ts';

/** Strict, as a condition is: a search that is understood in part would find the wrong thing. Throws FhirError 400. */
export function readSearch(
  system: Pick<RestSystem, 'parseSearch' | 'resourceTypes'>,
  text: string,
): SearchQuery {
  const name = text.slice(0, Math.max(text.indexOf('?'), 0));
  const type = system.resourceTypes.find((served) => served === name);
  if (type === undefined) {
    throw invalid('A search begins with a type that is served, as in "Observation?code=x".');
  }
  return searchCondition(system, type, text);
}
