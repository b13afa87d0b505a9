// An HTTP answer as a value, so that interactions can be tested and read without Express.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import type { Resource } from '@medplum/fhirtypes';
import { toJson } from '../fhir/json.ts';
import type { StoredVersion } from '../store/store.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body's text; absent for 204 and 304. */
  readonly body?: string;
  /** Instead of a body: bytes that are read while they are sent. */
  readonly stream?: { readonly bytes: number; readonly open: () => Readable };
}

export const fhirJson = 'application/fhir+json; charset=utf-8';

/** An answer whose body is a resource that was made for it. */
export function resourceAnswer(
  status: number,
  resource: Resource,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers: { 'Content-Type': fhirJson, ...headers }, body: toJson(resource) };
}

/** ETag and Last-Modified of a stored version: https://hl7.org/fhir/R4/http.html#versions */
export function versionHeaders(version: { readonly versionId: string; readonly lastUpdated: string }) {
  return {
    ETag: `W/"${version.versionId}"`,
    'Last-Modified': new Date(version.lastUpdated).toUTCString(),
  };
}

/** The address of a version. `base` is the FHIR base as the client sees it. */
export function locationOf(base: string, version: StoredVersion): string {
  return `${base}/${version.resourceType}/${version.id}/_history/${version.versionId}`;
}

/** An answer whose body is the stored text as it is. */
export function versionAnswer(
  status: number,
  version: StoredVersion,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { 'Content-Type': fhirJson, ...versionHeaders(version), ...headers },
    body: version.json,
  };
}

/**
 * Writes an answer with the headers that every answer has; a HEAD request gets the headers of its GET. `onBroken` hears of a
 * stream that could not be sent whole; the client sees the connection break, never a short file that looks whole.
 */
export function sendAnswer(
  req: IncomingMessage,
  res: ServerResponse,
  answer: Answer,
  common: Readonly<Record<string, string>>,
  onBroken: () => void,
): void {
  const { body, stream } = answer;
  if (stream !== undefined) {
    res.writeHead(answer.status, { ...common, ...answer.headers, 'Content-Length': stream.bytes });
    if (req.method === 'HEAD') {
      res.end();
    } else {
      pipeline(stream.open(), res, (error) => {
        if (error) onBroken();
      });
    }
    return;
  }
  if (body === undefined) {
    res.writeHead(answer.status, { ...common, ...answer.headers }).end();
    return;
  }
  const length = Buffer.byteLength(body);
  res.writeHead(answer.status, { ...common, ...answer.headers, 'Content-Length': length });
  if (req.method === 'HEAD') {
    res.end();
  } else {
    // As many bytes as letters: all of it is ASCII, the same bytes in Latin-1, which are written without a look at each.
    res.end(body, length === body.length ? 'latin1' : 'utf8');
  }
}
