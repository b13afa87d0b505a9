// Finds the one resource that a condition means, among those that the actor may see.
import { multipleMatches } from '../../fhir/error.ts';
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { StoredVersion } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';

/**
 * The only match, or undefined when there is none. Throws FhirError 412 when there are several. In a transaction nobody can write
 * between this search and what follows from it.
 */
export async function onlyMatch(
  { store }: WorkflowContext,
  condition: SearchQuery,
): Promise<StoredVersion | undefined> {
  // Two are enough to know that there are several.
  const two: SearchQuery = {
    ...condition,
    count: 2,
    sort: [],
    include: [],
    revinclude: [],
    total: false,
  };
  const { matches } = await store.search(two);
  if (matches.length > 1) {
    throw multipleMatches(`More than one ${condition.type} matches the condition; nothing was changed.`);
  }
  return matches[0];
}
