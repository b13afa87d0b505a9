// Finds the people in whose records something stands, page by page; their ids are kept, and nothing else.
import type { ExtractResource, ResourceType } from '@medplum/fhirtypes';
import type { SearchFilter } from '../fhir/search-query.ts';
import { findResources } from './find-resources.ts';
import { patientOf } from './read-known.ts';
import type { Round } from './watch-round.ts';

/** Ids of the patients of all matches that pass the test. */
export async function peopleWith<K extends ResourceType>(
  { context }: Round,
  type: K,
  filters: readonly SearchFilter[],
  passes: (resource: ExtractResource<K>) => boolean = () => true,
): Promise<ReadonlySet<string>> {
  const found = await findResources(context.store, type, filters);
  return new Set(
    found
      .filter(passes)
      .flatMap((resource) => /^Patient\/([^/]+)$/.exec(patientOf(resource) ?? '')?.[1] ?? []),
  );
}
