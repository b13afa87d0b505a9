// patch of what a search finds: https://hl7.org/fhir/R4/http.html#patch
import { patchByCondition } from '../../workflows/resources/conditional-writes.ts';
import { type Answer, locationOf } from '../answer.ts';
import { jsonPatchOf } from '../body-of-type.ts';
import { conditionOf } from '../condition-of.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { patchOptionsOf } from '../patch-options-of.ts';
import { preferences, writtenAnswer } from '../prefer.ts';

export async function conditionalPatch(request: FhirRequest): Promise<Answer> {
  const { version, warnings } = await patchByCondition(
    request.context,
    conditionOf(request),
    jsonPatchOf(request),
    patchOptionsOf(request),
  );
  const location = { 'Content-Location': locationOf(request.base, version) };
  return writtenAnswer(200, version, preferences(request.headers['prefer']?.toString()), location, warnings);
}
