// Takes the version id out of an ETag, as it stands in headers and in Bundle.entry.request.
import { malformed } from '../../fhir/error.ts';

/** The bare version id; "*" and nothing give undefined. Throws FhirError 400 for anything but one ETag such as W/"3". */
export function versionOfEtag(etag: string | undefined, expression?: string): string | undefined {
  const text = etag?.trim();
  if (text === undefined || text === '*') {
    return undefined;
  }
  const versionId = /^(?:W\/)?"([^"]+)"$/.exec(text)?.[1];
  if (versionId === undefined) {
    throw malformed('An ETag such as W/"3" is expected.', expression);
  }
  return versionId;
}
