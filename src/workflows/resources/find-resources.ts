// Reads every match of a search that a workflow needs, page by page, so that nothing is left out at a page's edge.
import type { ExtractResource, ResourceType } from '@medplum/fhirtypes';
import type { Prefix, SearchFilter, SortKey } from '../../fhir/search-query.ts';
import type { Store } from '../../store/store.ts';

/** "Patient/x" in a reference parameter. */
export function byReference(parameter: string, ...references: readonly string[]): SearchFilter {
  const values = references.map((reference) => {
    const [type, id] = reference.split('/');
    return { ...(type && { type }), ...(id && { id }) };
  });
  return { parameter, test: { kind: 'reference', values } };
}

/** The url of a definition in a parameter that finds canonicals; without a version it finds every version. */
export function byCanonical(parameter: string, ...urls: readonly string[]): SearchFilter {
  return { parameter, test: { kind: 'reference', values: urls.map((url) => ({ url })) } };
}

/** A date beside an instant, in milliseconds since the epoch. */
export function byInstant(parameter: string, prefix: Prefix, ms: number): SearchFilter {
  const interval = { fromMs: ms, untilMs: ms + 1 };
  return { parameter, test: { kind: 'date', values: [{ prefix, interval }] } };
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
  const found: ExtractResource<K>[] = [];
  for await (const page of pagesOf(store, type, filters, sort)) found.push(...page);
  return found;
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
    const page = await store.search({
      type,
      filters,
      sort,
      count: pageSize,
      ...(cursor !== undefined && { cursor }),
      include: [],
      revinclude: [],
      total: false,
      understood: filters.map((filter) => filter.parameter).join('&'),
    });
    yield page.matches.flatMap((match): ExtractResource<K>[] => {
      const resource = match.resource();
      return isOfType(resource, type) ? [resource] : [];
    });
    cursor = page.next;
  } while (cursor !== undefined);
}

function isOfType<K extends ResourceType>(
  resource: { readonly resourceType: string },
  type: K,
): resource is ExtractResource<K> {
  return resource.resourceType === type;
}
