// Writes a searchset Bundle around the stored texts, without parsing them: https://hl7.org/fhir/R4/search.html#return
import type { SearchPage, StoredVersion } from '../store/store.ts';
import type { UnderstoodSearch } from '../workflows/search-resources.ts';

function entryText(base: string, version: StoredVersion, mode: 'match' | 'include'): string {
  const fullUrl = JSON.stringify(`${base}/${version.resourceType}/${version.id}`);
  return `{"fullUrl":${fullUrl},"resource":${version.json},"search":{"mode":"${mode}"}}`;
}

/** The query string as understood, with the cursor of the page. */
function address(base: string, { query }: UnderstoodSearch, cursor: string | undefined): string {
  const parts = [query.understood, cursor === undefined ? '' : `_cursor=${encodeURIComponent(cursor)}`];
  const queryText = parts.filter((part) => part !== '').join('&');
  return `${base}/${query.type}${queryText === '' ? '' : `?${queryText}`}`;
}

/** What was left out comes as an entry of mode "outcome", so that nobody takes a partial search for a whole one. */
export function searchsetText(base: string, understood: UnderstoodSearch, page: SearchPage): string {
  const { query, ignored } = understood;
  const link = [
    { relation: 'self', url: address(base, understood, query.cursor) },
    ...(page.previous === undefined
      ? []
      : [{ relation: 'previous', url: address(base, understood, page.previous) }]),
    ...(page.next === undefined ? [] : [{ relation: 'next', url: address(base, understood, page.next) }]),
  ];
  const entries = [
    ...page.matches.map((version) => entryText(base, version, 'match')),
    ...page.included.map((version) => entryText(base, version, 'include')),
  ];
  if (ignored.length > 0) {
    const outcome = { resourceType: 'OperationOutcome', issue: ignored };
    entries.push(`{"resource":${JSON.stringify(outcome)},"search":{"mode":"outcome"}}`);
  }
  const total = page.total === undefined ? '' : `"total":${page.total},`;
  const entry = entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`;
  return `{"resourceType":"Bundle","type":"searchset",${total}"link":${JSON.stringify(link)}${entry}}`;
}
