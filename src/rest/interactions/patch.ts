// patch by JSON Patch, of one resource: https://hl7.org/fhir/R4/http.html#patch
import { patchResource } from '../../workflows/resources/patch-resource.ts';
import type { Answer } from '../answer.ts';
import { jsonPatchOf } from '../body-of-type.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { patchOptionsOf } from '../patch-options-of.ts';
import { preferences, writtenAnswer } from '../prefer.ts';

export async function patch(request: FhirRequest): Promise<Answer> {
  const { context, type, id, headers } = request;
  const { version, warnings } = await patchResource(
    context,
    type,
    id,
    jsonPatchOf(request),
    patchOptionsOf(request),
  );
  return writtenAnswer(200, version, preferences(headers['prefer']?.toString()), {}, warnings);
}
