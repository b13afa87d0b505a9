// vread: https://hl7.org/fhir/R4/http.html#vread
import { readVersion } from '../../workflows/resources/read-resource.ts';
import type { Answer } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { readAnswer } from '../read-answer.ts';

export async function vread(request: FhirRequest): Promise<Answer> {
  const { context, type, id, versionId } = request;
  return readAnswer(request, await readVersion(context, type, id, versionId));
}
