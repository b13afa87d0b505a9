// Writes a batch-response or transaction-response around the stored texts: https://hl7.org/fhir/R4/http.html#transaction-response
import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';
import type { Log } from '../runtime/log.ts';
import type { StoredVersion } from '../store/store.ts';
import type { EntryResult } from '../workflows/bundles/bundle-door.ts';
import { placedIssue } from '../workflows/bundles/placed-error.ts';
import { renderError } from './error-handler.ts';
import { searchsetText } from './searchset.ts';

export interface BundleResponse {
  readonly kind: 'batch-response' | 'transaction-response';
  readonly base: string;
  readonly results: readonly EntryResult[];
  /** Whether what was written is sent back too; what was asked for by GET always is. */
  readonly isFull: boolean;
  readonly requestId: string;
  readonly log: Log;
}

const writtenStatus = { created: '201 Created', matched: '200 OK', updated: '200 OK' } as const;

/** The fullUrl of an entry; none where the same one stands already with the same version, or again without a resource (bdl-7). */
type FullUrlOf = (place: string, sentVersion: string | undefined) => string | undefined;

function fullUrls(base: string): FullUrlOf {
  const given = new Set<string>();
  return (place, sentVersion = '') => {
    const key = `${place}/${sentVersion}`;
    if (given.has(key)) return undefined;
    given.add(key);
    return `${base}/${place}`;
  };
}

function withVersion(
  fullUrlOf: FullUrlOf,
  version: StoredVersion,
  status: string,
  sent: string | undefined,
  outcome?: OperationOutcome,
): string {
  const place = `${version.resourceType}/${version.id}`;
  const response = {
    status,
    location: `${place}/_history/${version.versionId}`,
    etag: `W/"${version.versionId}"`,
    lastModified: version.lastUpdated,
    ...(outcome && { outcome }),
  };
  const resource = sent === undefined ? '' : `"resource":${sent},`;
  const fullUrl = fullUrlOf(place, sent === undefined ? undefined : version.versionId);
  const address = fullUrl === undefined ? '' : `"fullUrl":${JSON.stringify(fullUrl)},`;
  return `{${address}${resource}"response":${JSON.stringify(response)}}`;
}

/** Hints and warnings stand here whatever is preferred: a client that is not told of them cannot ask for them afterwards. */
function outcomeOf(
  warnings: readonly OperationOutcomeIssue[] = [],
  index: number,
): OperationOutcome | undefined {
  if (warnings.length === 0) return undefined;
  return { resourceType: 'OperationOutcome', issue: warnings.map((issue) => placedIssue(issue, index)) };
}

function entryText(
  { base, isFull, requestId, log }: BundleResponse,
  fullUrlOf: FullUrlOf,
  result: EntryResult,
  index: number,
): string {
  switch (result.kind) {
    case 'created':
    case 'matched':
    case 'updated':
      return withVersion(
        fullUrlOf,
        result.version,
        writtenStatus[result.kind],
        isFull ? result.version.json : undefined,
        outcomeOf(result.warnings, index),
      );
    case 'read': {
      const { version, shape, isHead } = result;
      const sent = shape === undefined ? version.json : shape(version);
      return withVersion(fullUrlOf, version, '200 OK', isHead ? undefined : sent);
    }
    case 'not-modified':
      return withVersion(fullUrlOf, result.version, '304 Not Modified', undefined);
    case 'nothing-deleted':
      return '{"response":{"status":"204 No Content"}}';
    case 'found':
      return result.isHead
        ? '{"response":{"status":"200 OK"}}'
        : `{"resource":${searchsetText(base, result.understood, result.page)},"response":{"status":"200 OK"}}`;
    case 'answered':
      return result.isHead
        ? '{"response":{"status":"200 OK"}}'
        : `{"resource":${result.json},"response":{"status":"200 OK"}}`;
    case 'deleted': {
      const { versionId, lastUpdated } = result;
      const response = { status: '204 No Content', etag: `W/"${versionId}"`, lastModified: lastUpdated };
      return `{"response":${JSON.stringify(response)}}`;
    }
    case 'refused': {
      const { status, outcome } = renderError(result.error, requestId, log);
      return `{"response":${JSON.stringify({ status: String(status), outcome })}}`;
    }
  }
}

export function bundleResponseText(response: BundleResponse): string {
  const fullUrlOf = fullUrls(response.base);
  const entries = response.results
    .map((result, index) => entryText(response, fullUrlOf, result, index))
    .join(',');
  return `{"resourceType":"Bundle","type":"${response.kind}"${entries === '' ? '' : `,"entry":[${entries}]`}}`;
}
