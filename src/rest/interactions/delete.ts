// delete: https://hl7.org/fhir/R4/http.html#delete . Deleting what is deleted already is fine; what never was is 404.
import { deleteResource } from '../../workflows/resources/delete-resource.ts';
import type { Answer } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { versionDemandOf } from '../version-demand-of.ts';

export async function deleteInteraction(request: FhirRequest): Promise<Answer> {
  const { context, type, id } = request;
  const deleted = await deleteResource(context, type, id, versionDemandOf(request));
  return { status: 204, headers: { ETag: `W/"${deleted.versionId}"` } };
}
