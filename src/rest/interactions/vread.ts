// vread: https://hl7.org/fhir/R4/http.html#vread
import { readVersion } from '../../workflows/read-resource.ts';
import { type Answer, versionAnswer } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';

export async function vread({ context, type, id, versionId }: FhirRequest): Promise<Answer> {
  return versionAnswer(200, await readVersion(context, type, id, versionId));
}
