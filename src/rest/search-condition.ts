// The condition of If-None-Exist and of conditional references: https://hl7.org/fhir/R4/http.html#ccreate
import type { ResourceType } from '@medplum/fhirtypes';
import { FhirError, invalid } from '../fhir/error.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import { queryPairs } from './query-pairs.ts';
import type { RestSystem } from './rest-system.ts';

/** Strict: a condition that is understood in part would match the wrong thing. Throws FhirError 400. */
export function searchCondition(
  system: Pick<RestSystem, 'parseSearch'>,
  type: ResourceType,
  text: string,
): SearchQuery {
  const pairs = queryPairs(text.replace(/^\?/, '').replace(new RegExp(`^${type}\\?`), ''));
  const { query, ignored } = system.parseSearch(type, pairs);
  if (ignored.length > 0) {
    throw new FhirError(
      400,
      ignored.map((issue) => ({ ...issue, severity: 'error' as const })),
    );
  }
  if (query.filters.length === 0) {
    throw invalid('A condition needs at least one search parameter, such as identifier=system|value.');
  }
  return query;
}
