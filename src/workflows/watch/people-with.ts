// Finds the people in whose records something stands, page by page; their ids are kept, and nothing else.
import type { ExtractResource, ResourceType } from '@medplum/fhirtypes';
import type { SearchFilter } from '../../fhir/search-query.ts';
import { pagesOf } from '../resources/find-resources.ts';
import { patientOf } from '../resources/read-known.ts';
import type { Round } from './watch-round.ts';

/** Ids of the patients of all matches that pass the test. */
export async function peopleWith<K extends ResourceType>(
  { context }: Round,
  type: K,
  filters: readonly SearchFilter[],
  passes: (resource: ExtractResource<K>) => boolean = () => true,
): Promise<ReadonlySet<string>> {
  const people = new Set<string>();
  for await (const page of pagesOf(context.store, type, filters)) {
    for (const resource of page) {
      const id = passes(resource) ? /^Patient\/([^/]+)$/.exec(patientOf(resource) ?? '')?.[1] : undefined;
      if (id !== undefined) people.add(id);
    }
  }
  return people;
}
