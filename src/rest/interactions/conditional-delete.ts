// delete of the one resource that a search finds: https://hl7.org/fhir/R4/http.html#3.1.0.7.1
import { deleteByCondition } from '../../workflows/resources/conditional-writes.ts';
import type { Answer } from '../answer.ts';
import { conditionOf } from '../condition-of.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { versionDemandOf } from '../version-demand-of.ts';

/** 204 too when nothing matches: as R4 has it, what is not there is deleted. */
export async function conditionalDelete(request: FhirRequest): Promise<Answer> {
  const deleted = await deleteByCondition(request.context, conditionOf(request), versionDemandOf(request));
  return { status: 204, headers: deleted === undefined ? {} : { ETag: `W/"${deleted.versionId}"` } };
}
