// Only FHIR JSON is spoken: https://hl7.org/fhir/R4/http.html#mime-type
import { FhirError, notAcceptable, unsupportedMediaType } from '../../fhir/error.ts';
import { queryValue } from '../query-pairs.ts';
import type { QueryPairs } from '../rest-system.ts';

const jsonTypes = new Set(['application/fhir+json', 'application/json']);
const acceptable = new Set([...jsonTypes, 'application/*', '*/*']);
const jsonFormats = new Set(['json', 'text/json', ...jsonTypes]);

/** The one kind of patch that is taken. */
export const jsonPatchType = 'application/json-patch+json';

interface MediaType {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function mediaType(text: string): MediaType {
  const [name = '', ...rest] = text.split(';');
  const parameters = rest.map((part): [string, string] => {
    const [key = '', value = ''] = part.split('=');
    return [
      key.trim().toLowerCase(),
      value
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .toLowerCase(),
    ];
  });
  return { name: name.trim().toLowerCase(), parameters: new Map(parameters) };
}

function speaksR4({ parameters }: MediaType): boolean {
  const version = parameters.get('fhirversion');
  return version === undefined || version === '4.0' || version === '4.0.1';
}

const ndjsonTypes = new Set(['application/fhir+ndjson', 'application/ndjson', 'application/*', '*/*']);

function isWelcome(accept: string, offered: ReadonlySet<string>): boolean {
  return accept
    .split(',')
    .map(mediaType)
    .some((type) => offered.has(type.name) && Number(type.parameters.get('q') ?? 1) > 0 && speaksR4(type));
}

/** Throws 406 when the client does not take what is produced: JSON, unless said otherwise. `_format` wins over Accept, for JSON. */
export function checkAcceptable(accept: string | undefined, query: QueryPairs, produces?: 'ndjson'): void {
  if (produces === 'ndjson') {
    if (accept !== undefined && !isWelcome(accept, ndjsonTypes)) {
      throw notAcceptable('Only NDJSON is served here: accept application/fhir+ndjson.');
    }
    return;
  }
  const format = query.length === 0 ? undefined : queryValue(query, '_format');
  if (format !== undefined) {
    // A "+" that was not percent-encoded arrives as a space.
    const wanted = mediaType(format.replace('fhir json', 'fhir+json'));
    if (!jsonFormats.has(wanted.name) || !speaksR4(wanted)) {
      throw notAcceptable('Only JSON is served: use _format=json.');
    }
    return;
  }
  if (accept === undefined || accept === '*/*' || accept === 'application/fhir+json') {
    return;
  }
  if (!isWelcome(accept, acceptable)) {
    throw notAcceptable('Only JSON is served: accept application/fhir+json.');
  }
}

/** Throws 415 unless the body is said to be of one of these types, in UTF-8 and not compressed. */
export function checkContentType(
  contentType: string | undefined,
  contentEncoding: string | undefined,
  taken: 'json' | 'form' | 'patch',
): void {
  if (contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity') {
    throw unsupportedMediaType('A compressed body is not taken: send it without Content-Encoding.');
  }
  const { name, parameters } = mediaType(contentType ?? '');
  const charset = parameters.get('charset');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw unsupportedMediaType('The body must be UTF-8.');
  }
  if (taken === 'form') {
    if (name !== 'application/x-www-form-urlencoded') {
      throw unsupportedMediaType('A search by POST takes Content-Type: application/x-www-form-urlencoded.');
    }
    return;
  }
  if (taken === 'patch') {
    if (name !== jsonPatchType) {
      const refusal = unsupportedMediaType(
        `A PATCH takes Content-Type: ${jsonPatchType} (RFC 6902). XML Patch and FHIRPath Patch are not supported.`,
      );
      throw new FhirError(415, refusal.issues, { headers: { 'Accept-Patch': jsonPatchType } });
    }
    return;
  }
  if (!jsonTypes.has(name)) {
    throw unsupportedMediaType('A body must have Content-Type: application/fhir+json.');
  }
  if (!speaksR4({ name, parameters })) {
    throw unsupportedMediaType('Only FHIR 4.0 is spoken: fhirVersion=4.0.');
  }
}
