// Reads a search as the client wants errors handled: https://hl7.org/fhir/R4/search.html#errors
import type { ResourceType } from '@medplum/fhirtypes';
import { FhirError } from '../fhir/error.ts';
import type { UnderstoodSearch } from '../workflows/search-resources.ts';
import type { QueryPairs, RestSystem } from './rest-system.ts';

/** Lenient leaves out what it does not know and says so in the Bundle; strict refuses it with 400. */
export function understandSearch(
  system: RestSystem,
  type: ResourceType,
  query: QueryPairs,
  handling: 'strict' | 'lenient',
): UnderstoodSearch {
  // _format was settled by the negotiation; _pretty changes no content.
  const asked = query.filter(([name]) => name !== '_format' && name !== '_pretty');
  const understood = system.parseSearch(type, asked);
  if (handling === 'strict' && understood.ignored.length > 0) {
    throw new FhirError(
      400,
      understood.ignored.map((issue) => ({ ...issue, severity: 'error' as const })),
    );
  }
  return understood;
}
