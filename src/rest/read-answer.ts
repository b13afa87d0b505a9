// Answers a read or vread: not modified, whole, or the part that was asked for. https://hl7.org/fhir/R4/http.html#cread
import type { StoredVersion } from '../store/store.ts';
import { isNotModified } from '../workflows/resources/not-modified.ts';
import { type Answer, versionAnswer, versionHeaders } from './answer.ts';
import type { FhirRequest } from './fhir-request.ts';
import { askedPart } from './shape.ts';

/** HTTP dates carry whole seconds, stored instants milliseconds: a second is known to its end. */
const restOfSecondMs = 999;

export function readAnswer({ system, type, query, headers }: FhirRequest, version: StoredVersion): Answer {
  const since = headers['if-modified-since'];
  const held = {
    noneMatch: headers['if-none-match'],
    unchangedSinceMs: since === undefined ? undefined : Date.parse(since) + restOfSecondMs,
  };
  if (isNotModified(held, version)) {
    return { status: 304, headers: versionHeaders(version) };
  }
  const shape = query.length === 0 ? undefined : askedPart(system, type, query).shape;
  const whole = versionAnswer(200, version);
  return shape === undefined ? whole : { ...whole, body: shape(version) };
}
