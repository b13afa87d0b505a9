// Writes a history Bundle around the stored texts, without parsing them: https://hl7.org/fhir/R4/http.html#history
import type { HistoryEntry, HistoryPage } from '../store/store.ts';
import type { Page } from './page-of.ts';

const statusOf = { POST: '201 Created', PUT: '200 OK', DELETE: '204 No Content' } satisfies Record<
  HistoryEntry['method'],
  string
>;

function entryText(base: string, entry: HistoryEntry): string {
  const place = `${entry.resourceType}/${entry.id}`;
  const request = { method: entry.method, url: entry.method === 'POST' ? entry.resourceType : place };
  const response = {
    status: statusOf[entry.method],
    etag: `W/"${entry.versionId}"`,
    lastModified: entry.lastUpdated,
  };
  const resource = entry.json === undefined ? '' : `"resource":${entry.json},`;
  return `{"fullUrl":${JSON.stringify(`${base}/${place}`)},${resource}"request":${JSON.stringify(request)},"response":${JSON.stringify(response)}}`;
}

/** `address` is the history's own, without a query. */
export function historyText(address: string, base: string, page: Page, history: HistoryPage): string {
  const link = (relation: string, cursor: string | undefined) => {
    const query = `_count=${page.count}${cursor === undefined ? '' : `&_cursor=${encodeURIComponent(cursor)}`}`;
    return { relation, url: `${address}?${query}` };
  };
  const links = [
    link('self', page.cursor),
    ...(history.next === undefined ? [] : [link('next', history.next)]),
  ];
  const entries = history.entries.map((entry) => entryText(base, entry)).join(',');
  const entry = entries === '' ? '' : `,"entry":[${entries}]`;
  return `{"resourceType":"Bundle","type":"history","total":${history.total},"link":${JSON.stringify(links)}${entry}}`;
}
