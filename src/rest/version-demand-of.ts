// What a request says, by If-Match, of the version that it changes: https://hl7.org/fhir/R4/http.html#concurrency
import type { VersionDemand } from '../workflows/resources/version-demand.ts';
import { versionOfEtag } from '../workflows/resources/version-of-etag.ts';
import type { FhirRequest } from './fhir-request.ts';

/** Throws FhirError 400 for an If-Match that is no single ETag. */
export function versionDemandOf({ system, headers }: FhirRequest): VersionDemand {
  const ifMatch = versionOfEtag(headers['if-match']);
  return { demandsIfMatch: system.settings.requireIfMatch, ...(ifMatch !== undefined && { ifMatch }) };
}
