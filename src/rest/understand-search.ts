// Reads a search as the client wants errors handled: https://hl7.org/fhir/R4/search.html#errors
import type { ResourceType } from '@medplum/fhirtypes';
import { FhirError } from '../fhir/error.ts';
import type { UnderstoodSearch } from '../workflows/resources/search-resources.ts';
import type { QueryPairs, RestSystem } from './rest-system.ts';
import { askedShape } from './shape.ts';

/** What says how to answer, not what to find. _format was settled by the negotiation; _pretty changes no content. */
const general = new Set(['_format', '_pretty', '_summary', '_elements']);

/** Lenient leaves out what it does not know and says so in the Bundle; strict refuses it with 400. */
export function understandSearch(
  system: RestSystem,
  type: ResourceType,
  query: QueryPairs,
  { handling, base }: { readonly handling: 'strict' | 'lenient'; readonly base: string },
): UnderstoodSearch {
  const { shape, isCount, understood: part } = askedShape(system, type, query);
  const understood = system.parseSearch(
    type,
    query.filter(([name]) => !general.has(name)),
    base,
  );
  if (handling === 'strict' && understood.ignored.length > 0) {
    throw new FhirError(
      400,
      understood.ignored.map((issue) => ({ ...issue, severity: 'error' as const })),
    );
  }
  if (part === '') {
    return understood;
  }
  const asked = understood.query.understood;
  return {
    ...understood,
    query: {
      ...understood.query,
      understood: asked === '' ? part : `${asked}&${part}`,
      ...(isCount && { count: 0, total: true }),
    },
    ...(shape !== undefined && { shape }),
  };
}
