// The condition of If-None-Exist and of conditional references: https://hl7.org/fhir/R4/http.html#ccreate
import type { ResourceType } from '@medplum/fhirtypes';
import { FhirError, invalid } from '../fhir/error.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import { queryPairs } from './query-pairs.ts';
import type { QueryPairs, RestSystem } from './rest-system.ts';

/** The condition as text, such as that of If-None-Exist. Throws FhirError 400. */
export function searchCondition(
  system: Pick<RestSystem, 'parseSearch'>,
  type: ResourceType,
  text: string,
  base?: string,
): SearchQuery {
  return conditionFrom(
    system,
    type,
    queryPairs(text.replace(/^\?/, '').replace(new RegExp(`^${type}\\?`), '')),
    base,
  );
}

/** Strict: a condition that is understood in part would match the wrong thing. Throws FhirError 400. */
export function conditionFrom(
  system: Pick<RestSystem, 'parseSearch'>,
  type: ResourceType,
  pairs: QueryPairs,
  base?: string,
): SearchQuery {
  const { query, ignored } = system.parseSearch(type, pairs, base);
  if (ignored.length > 0) {
    throw new FhirError(
      400,
      ignored.map((issue) => ({ ...issue, severity: 'error' as const })),
    );
  }
  // A place in a list would hide what stands before it: the condition would find one where there are several.
  if (query.cursor !== undefined) {
    throw invalid('A condition cannot start at a page: leave out _cursor.', '_cursor');
  }
  if (query.filters.length === 0) {
    throw invalid('A condition needs at least one search parameter, such as identifier=system|value.');
  }
  return query;
}
