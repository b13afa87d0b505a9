// Observation/$lastn: the newest few of each kind of observation of one person. https://hl7.org/fhir/R4/observation-operation-lastn.html
import type { Observation } from '@medplum/fhirtypes';
import type { SearchFilter, SearchQuery } from '../../fhir/search-query.ts';
import type { Store, StoredVersion } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';

const pageSize = 200;

/** What was entered in error is left out: nobody should take it for a value. */
const valid: SearchFilter = {
  parameter: 'status',
  test: { kind: 'token', modifier: 'not', values: [{ code: 'entered-in-error' }] },
};

/**
 * Newest first by date, at most `max` of each kind. Observations are of one kind when they share a coding; without codings, when their
 * texts are the same. `query` is the search without its order and page.
 */
export async function lastObservations(
  { store }: WorkflowContext,
  query: SearchQuery,
  max: number,
): Promise<readonly StoredVersion<Observation>[]> {
  const filters = [...query.filters, valid];
  const found = isOneCode(query.filters)
    ? await newest(store, { ...query, filters }, Math.min(max, pageSize), max)
    : await newest(store, { ...query, filters }, pageSize, Number.POSITIVE_INFINITY);
  return isOneCode(query.filters) ? found.slice(0, max) : newestOfEach(found, max);
}

/**
 * All that have the one code asked for are of one kind, so that the search need not go on behind the newest few. A system alone has
 * many codes, and a code alone may be that of several systems.
 */
function isOneCode(filters: readonly SearchFilter[]): boolean {
  return filters.some(
    ({ parameter, test }) =>
      parameter === 'code' &&
      test.kind === 'token' &&
      test.modifier === undefined &&
      test.values.length === 1 &&
      test.values.every(({ system, code }) => system !== undefined && code !== undefined),
  );
}

async function newest(
  store: Store,
  query: SearchQuery,
  count: number,
  enough: number,
): Promise<readonly StoredVersion<Observation>[]> {
  const found: StoredVersion<Observation>[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.search({
      ...query,
      sort: [{ parameter: 'date', descending: true }],
      count,
      include: [],
      revinclude: [],
      total: false,
      ...(cursor !== undefined && { cursor }),
    });
    found.push(...page.matches.filter(isObservation));
    cursor = page.next;
  } while (cursor !== undefined && found.length < enough);
  return found;
}

function isObservation(version: StoredVersion): version is StoredVersion<Observation> {
  return version.resourceType === 'Observation';
}

/** Each kind is a group of keys; an observation with keys of two groups makes them one. */
function newestOfEach(
  versions: readonly StoredVersion<Observation>[],
  max: number,
): readonly StoredVersion<Observation>[] {
  const groupOf = new Map<string, Group>();
  for (const version of versions) {
    const keys = keysOf(version.resource());
    const groups = new Set(keys.flatMap((key) => groupOf.get(key) ?? []));
    if (groups.size === 1 && keys.every((key) => groupOf.has(key))) continue;
    const joined: Group = new Set([...keys, ...[...groups].flatMap((group) => [...group])]);
    for (const key of joined) groupOf.set(key, joined);
  }
  const taken = new Map<Group, number>();
  return versions.filter((version) => {
    const group = groupOf.get(keysOf(version.resource())[0] ?? '');
    if (!group) return false;
    const before = taken.get(group) ?? 0;
    taken.set(group, before + 1);
    return before < max;
  });
}

/** The keys by which its members are found. */
type Group = ReadonlySet<string>;

function keysOf({ code }: Observation): readonly string[] {
  const codings = (code.coding ?? []).flatMap(({ system = '', code: value }) =>
    value === undefined ? [] : [`${system}|${value}`],
  );
  return codings.length > 0 ? codings : [`text ${code.text ?? ''}`];
}
