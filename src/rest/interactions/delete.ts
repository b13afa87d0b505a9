// delete: https://hl7.org/fhir/R4/http.html#delete . Deleting what is deleted already is fine; what never was is 404.
import { deleteResource } from '../../workflows/delete-resource.ts';
import { versionOfEtag } from '../../workflows/version-of-etag.ts';
import type { Answer } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';

export async function deleteInteraction({ context, type, id, headers }: FhirRequest): Promise<Answer> {
  const ifMatch = versionOfEtag(headers['if-match']);
  const deleted = await deleteResource(context, type, id, ifMatch === undefined ? {} : { ifMatch });
  return { status: 204, headers: { ETag: `W/"${deleted.versionId}"` } };
}
