// The JSON Patch that a Bundle entry carries in a Binary: https://hl7.org/fhir/R4/http.html#patch
import type { Resource } from '@medplum/fhirtypes';
import { FhirError, invalid } from '../../fhir/error.ts';
import { parseJson } from '../../fhir/json.ts';
import { type JsonPatch, readJsonPatch } from '../../fhir/read-json-patch.ts';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `place` is that of the resource in the Bundle. Throws FhirError 400, and 415 for another kind of patch. */
export function patchOfEntry(resource: Resource | undefined, place: string): JsonPatch {
  // It comes from a client: whatever its type says, it may be anything.
  const sent: unknown = resource;
  if (typeof sent !== 'object' || sent === null || !('resourceType' in sent)) {
    throw invalid('A PATCH needs a Binary with the patch.', place);
  }
  const contentType = 'contentType' in sent ? sent.contentType : undefined;
  if (sent.resourceType !== 'Binary' || contentType !== 'application/json-patch+json') {
    throw new FhirError(415, [
      {
        severity: 'error',
        code: 'not-supported',
        diagnostics: 'A PATCH takes a Binary with contentType application/json-patch+json.',
        expression: [place],
      },
    ]);
  }
  const data = 'data' in sent ? sent.data : undefined;
  if (typeof data !== 'string' || !base64.test(data)) {
    throw invalid('The data of the Binary must be the patch in base64.', `${place}.data`);
  }
  return readJsonPatch(parseJson(Buffer.from(data, 'base64')));
}
