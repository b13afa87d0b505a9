// Writes a searchset Bundle around the stored texts, without parsing them: https://hl7.org/fhir/R4/search.html#return
import type { SearchPage, StoredVersion } from '../store/store.ts';
import type { Shape, UnderstoodSearch } from '../workflows/resources/search-resources.ts';

/**
 * Adds the pieces of one entry. Types and ids need no escaping, and the base was checked where it was made of the Host header.
 * `shape` writes a part of the resource instead of the whole.
 */
export function addEntry(
  pieces: string[],
  base: string,
  version: StoredVersion,
  mode: 'match' | 'include',
  shape?: Shape,
): void {
  pieces.push(
    pieces.length > 0 ? ',{"fullUrl":"' : '{"fullUrl":"',
    base,
    '/',
    version.resourceType,
    '/',
    version.id,
    '","resource":',
    shape === undefined ? version.json : shape(version),
    ',"search":{"mode":"',
    mode,
    '"}}',
  );
}

/** The query string as understood, with the cursor of the page. */
function address(base: string, { query }: UnderstoodSearch, cursor: string | undefined): string {
  const parts = [query.understood, cursor === undefined ? '' : `_cursor=${encodeURIComponent(cursor)}`];
  const queryText = parts.filter((part) => part !== '').join('&');
  return `${base}/${query.type}${queryText === '' ? '' : `?${queryText}`}`;
}

/** A searchset around stored texts. `pieces` are those of its entries, made by `addEntry`. */
export function searchsetAround(
  links: readonly { readonly relation: string; readonly url: string }[],
  pieces: readonly string[],
  total?: number,
): string {
  const count = total === undefined ? '' : `"total":${total},`;
  const head = `{"resourceType":"Bundle","type":"searchset",${count}"link":${JSON.stringify(links)}`;
  // Joined once: texts that are put together step by step are copied at each step.
  return pieces.length === 0 ? `${head}}` : [head, ',"entry":[', ...pieces, ']}'].join('');
}

/** What was left out comes as an entry of mode "outcome", so that nobody takes a partial search for a whole one. */
export function searchsetText(base: string, understood: UnderstoodSearch, page: SearchPage): string {
  const { query, ignored, shape } = understood;
  const link = [
    { relation: 'self', url: address(base, understood, query.cursor) },
    ...(page.previous === undefined
      ? []
      : [{ relation: 'previous', url: address(base, understood, page.previous) }]),
    ...(page.next === undefined ? [] : [{ relation: 'next', url: address(base, understood, page.next) }]),
  ];
  const entries: string[] = [];
  for (const version of page.matches) addEntry(entries, base, version, 'match', shape);
  for (const version of page.included) addEntry(entries, base, version, 'include', shape);
  if (ignored.length > 0) {
    const outcome = JSON.stringify({ resourceType: 'OperationOutcome', issue: ignored });
    entries.push(entries.length > 0 ? ',' : '', `{"resource":${outcome},"search":{"mode":"outcome"}}`);
  }
  return searchsetAround(link, entries, page.total);
}
