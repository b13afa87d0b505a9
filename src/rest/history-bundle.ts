// Writes a history Bundle around the stored texts, without parsing them: https://hl7.org/fhir/R4/http.html#history
import type { ResourceType } from '@medplum/fhirtypes';
import type { HistoryEntry, HistoryPage, HistoryQuery, WideHistoryPage } from '../store/store.ts';
import type { Shape } from '../workflows/resources/search-resources.ts';
import { type Answer, fhirJson } from './answer.ts';
import type { FhirRequest } from './fhir-request.ts';
import { type AskedHistory, historyAsked } from './page-of.ts';
import { askedPart } from './shape.ts';

/** What the version was answered with when it was stored. */
function statusOf({ method, created }: HistoryEntry): string {
  if (method === 'DELETE') return '204 No Content';
  return created ? '201 Created' : '200 OK';
}

function entryText(base: string, entry: HistoryEntry, shape: Shape | undefined): string {
  const { resourceType, json } = entry;
  const place = `${entry.resourceType}/${entry.id}`;
  const request = { method: entry.method, url: entry.method === 'POST' ? entry.resourceType : place };
  const response = {
    status: statusOf(entry),
    etag: `W/"${entry.versionId}"`,
    lastModified: entry.lastUpdated,
  };
  const sent = json === undefined || shape === undefined ? json : shape({ resourceType, json });
  const resource = sent === undefined ? '' : `"resource":${sent},`;
  return `{"fullUrl":${JSON.stringify(`${base}/${place}`)},${resource}"request":${JSON.stringify(request)},"response":${JSON.stringify(response)}}`;
}

interface Written {
  /** The history's own, without a query. */
  readonly address: string;
  readonly base: string;
  readonly asked: AskedHistory;
  readonly shape: Shape | undefined;
  readonly shapeText: string;
}

function historyText(
  { address, base, asked, shape, shapeText }: Written,
  history: HistoryPage | WideHistoryPage,
): string {
  const link = (relation: string, cursor: string | undefined) => {
    const query = [
      asked.understood,
      shapeText,
      `_count=${asked.query.count}`,
      cursor === undefined ? '' : `_cursor=${encodeURIComponent(cursor)}`,
    ];
    return { relation, url: `${address}?${query.filter((part) => part !== '').join('&')}` };
  };
  const links = [
    link('self', asked.query.cursor),
    ...(history.next === undefined ? [] : [link('next', history.next)]),
  ];
  const entries = history.entries.map((entry) => entryText(base, entry, shape)).join(',');
  const entry = entries === '' ? '' : `,"entry":[${entries}]`;
  const total = 'total' in history ? `"total":${history.total},` : '';
  return `{"resourceType":"Bundle","type":"history",${total}"link":${JSON.stringify(links)}${entry}}`;
}

/** Reads what is asked for, asks for it, and writes the Bundle. `place` is the history's address below the base. */
export async function historyAnswer(
  { system, base, query }: FhirRequest,
  place: string,
  type: ResourceType | undefined,
  read: (query: HistoryQuery) => Promise<HistoryPage | WideHistoryPage>,
): Promise<Answer> {
  const asked = historyAsked(query);
  const { shape, understood: shapeText } = askedPart(system, type, query);
  const history = await read(asked.query);
  const body = historyText({ address: `${base}/${place}`, base, asked, shape, shapeText }, history);
  return { status: 200, headers: { 'Content-Type': fhirJson }, body };
}
