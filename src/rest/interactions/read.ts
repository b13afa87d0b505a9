// read: https://hl7.org/fhir/R4/http.html#read
import { readResource } from '../../workflows/resources/read-resource.ts';
import type { Answer } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { readAnswer } from '../read-answer.ts';

export async function read(request: FhirRequest): Promise<Answer> {
  const { context, type, id } = request;
  return readAnswer(request, await readResource(context, type, id));
}
