// Reads every match of a search that a workflow needs, page by page, so that nothing is left out at a page's edge.
import type { ExtractResource, ResourceType } from '@medplum/fhirtypes';
import type { SearchFilter, SortKey } from '../fhir/search-query.ts';
import type { Store } from '../store/store.ts';

/** "Patient/x" in a reference parameter. */
export function byReference(parameter: string, ...references: readonly string[]): SearchFilter {
  const values = references.map((reference) => {
    const [type, id] = reference.split('/');
    return { ...(type && { type }), ...(id && { id }) };
  });
  return { parameter, test: { kind: 'reference', values } };
}

/** A code, with its system where the code has one. */
export function byToken(
  parameter: string,
  ...values: readonly { readonly system?: string; readonly code: string }[]
): SearchFilter {
  return { parameter, test: { kind: 'token', values } };
}

const pageSize = 200;
const oldestFirst: readonly SortKey[] = [{ parameter: '_lastUpdated', descending: false }];

/** All matches that this store can see, in the order asked for; what was written first comes first. */
export async function findResources<K extends ResourceType>(
  store: Store,
  type: K,
  filters: readonly SearchFilter[],
  sort: readonly SortKey[] = oldestFirst,
): Promise<readonly ExtractResource<K>[]> {
  let { resources, next } = await pageOf(store, type, filters, sort);
  // Most searches of a workflow end with their first page: nothing is copied for them.
  while (next !== undefined) {
    const page = await pageOf(store, type, filters, sort, next);
    resources = [...resources, ...page.resources];
    next = page.next;
  }
  return resources;
}

/** The same, a page at a time: for what is too much to be held at once. */
export async function* pagesOf<K extends ResourceType>(
  store: Store,
  type: K,
  filters: readonly SearchFilter[],
  sort: readonly SortKey[] = oldestFirst,
): AsyncGenerator<readonly ExtractResource<K>[]> {
  let cursor: string | undefined;
  do {
    const { resources, next } = await pageOf(store, type, filters, sort, cursor);
    yield resources;
    cursor = next;
  } while (cursor !== undefined);
}

async function pageOf<K extends ResourceType>(
  store: Store,
  type: K,
  filters: readonly SearchFilter[],
  sort: readonly SortKey[],
  cursor?: string,
): Promise<{ readonly resources: readonly ExtractResource<K>[]; readonly next?: string }> {
  const { matches, next } = await store.search({
    type,
    filters,
    sort,
    count: pageSize,
    ...(cursor !== undefined && { cursor }),
    include: [],
    revinclude: [],
    total: false,
    understood: filters.map(({ parameter }) => parameter).join('&'),
  });
  const resources = matches.map((match) => match.resource()).filter((each) => isOfType(each, type));
  return { resources, ...(next !== undefined && { next }) };
}

function isOfType<K extends ResourceType>(
  resource: { readonly resourceType: string },
  type: K,
): resource is ExtractResource<K> {
  return resource.resourceType === type;
}
