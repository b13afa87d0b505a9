// Turns the request's body into what its route takes: a resource, a form, Parameters, a patch or nothing.
import type { IncomingMessage } from 'node:http';
import type { Resource } from '@medplum/fhirtypes';
import { malformed } from '../../fhir/error.ts';
import { parseJson } from '../../fhir/json.ts';
import { withOwnReferences } from '../../fhir/own-references.ts';
import { queryPairs } from '../query-pairs.ts';
import type { QueryPairs } from '../rest-system.ts';
import { bodyBytes } from './body-reader.ts';
import { checkContentType } from './negotiate.ts';

export type BodyKind = 'none' | 'resource' | 'patch' | 'bundle' | 'form' | 'parameters';

export interface Body {
  readonly resource?: Resource;
  readonly form?: QueryPairs;
  /** A JSON Patch, not yet looked into. */
  readonly patch?: unknown;
}

const megabyte = 1024 * 1024;
const resourceLimitBytes = megabyte;
/** A Bundle may carry a whole record: https://hl7.org/fhir/R4/http.html#transaction */
const bundleLimitBytes = 5 * megabyte;

function isResource(value: unknown): value is Resource {
  return (
    typeof value === 'object' &&
    value !== null &&
    'resourceType' in value &&
    typeof value.resourceType === 'string'
  );
}

function isEmpty(req: IncomingMessage): boolean {
  const length = req.headers['content-length'];
  return (length === undefined || length === '0') && req.headers['transfer-encoding'] === undefined;
}

/**
 * Throws FhirError 400, 413 or 415. A body sent with a route that takes none is left unread. References of the resource to what is
 * under `base`, the FHIR base as the client sees it, are relative ones in what is read.
 */
export async function readBody(req: IncomingMessage, kind: BodyKind, base: string): Promise<Body> {
  if (kind === 'none' || ((kind === 'parameters' || kind === 'form') && isEmpty(req))) {
    return {};
  }
  const isForm = kind === 'form';
  const taken = isForm || kind === 'patch' ? kind : 'json';
  checkContentType(req.headers['content-type'], req.headers['content-encoding'], taken);
  const bytes = await bodyBytes(req, kind === 'bundle' ? bundleLimitBytes : resourceLimitBytes);
  if (isForm) {
    // Form bodies are percent-encoded ASCII; a byte above it fails when it is decoded as such.
    return { form: queryPairs(asciiText(bytes)) };
  }
  if (bytes.length === 0) {
    throw malformed(`The body is empty: send a ${kind === 'patch' ? 'JSON Patch' : 'resource as JSON'}.`);
  }
  const value = parseJson(bytes);
  if (kind === 'patch') {
    return { patch: value };
  }
  if (!isResource(value)) {
    throw malformed('The body must be a JSON object with a resourceType.');
  }
  // Most bodies do not name the host, and need not be looked through. A slash may be escaped in JSON, a host is not.
  return { resource: bytes.includes(hostOf(base)) ? withOwnReferences(value, base) : value };
}

const hostOf = (base: string) => base.split('/')[2] ?? '';

function asciiText(bytes: Buffer): string {
  if (bytes.some((byte) => byte > 0x7f)) {
    throw malformed('The form must be percent-encoded.');
  }
  return bytes.toString('latin1');
}
