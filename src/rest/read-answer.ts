// Answers a read or vread: not modified, whole, or the part that was asked for. https://hl7.org/fhir/R4/http.html#cread
import type { StoredVersion } from '../store/store.ts';
import { type Answer, versionAnswer, versionHeaders } from './answer.ts';
import { isNotModified } from './conditional-headers.ts';
import type { FhirRequest } from './fhir-request.ts';
import { askedPart } from './shape.ts';

export function readAnswer({ system, type, query, headers }: FhirRequest, version: StoredVersion): Answer {
  if (isNotModified(headers, version)) {
    return { status: 304, headers: versionHeaders(version) };
  }
  const shape = query.length === 0 ? undefined : askedPart(system, type, query).shape;
  const whole = versionAnswer(200, version);
  return shape === undefined ? whole : { ...whole, body: shape(version) };
}
