// read: https://hl7.org/fhir/R4/http.html#read
import { readResource } from '../../workflows/read-resource.ts';
import { type Answer, versionAnswer, versionHeaders } from '../answer.ts';
import { isNotModified } from '../conditional-headers.ts';
import type { FhirRequest } from '../fhir-request.ts';

export async function read({ context, type, id, headers }: FhirRequest): Promise<Answer> {
  const version = await readResource(context, type, id);
  return isNotModified(headers, version)
    ? { status: 304, headers: versionHeaders(version) }
    : versionAnswer(200, version);
}
