// update, version-aware by If-Match, and create by a chosen id: https://hl7.org/fhir/R4/http.html#update
import { invalid } from '../../fhir/error.ts';
import { updateResource } from '../../workflows/resources/update-resource.ts';
import { type Answer, locationOf } from '../answer.ts';
import { resourceOfType } from '../body-of-type.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { preferences, writtenAnswer } from '../prefer.ts';
import { versionDemandOf } from '../version-demand-of.ts';

export async function update(request: FhirRequest): Promise<Answer> {
  const { context, type, id, headers, base, system } = request;
  const resource = resourceOfType(request.body, type);
  if (resource.id !== id) {
    throw invalid(`The id in the body must be the id in the address: "${id}".`, `${type}.id`);
  }
  const { result, warnings } = await updateResource(context, resource, {
    ...versionDemandOf(request),
    mayCreate: system.settings.createOnUpdate,
    mustExist: headers['if-match']?.trim() === '*',
    mustCreate: headers['if-none-match']?.trim() === '*',
  });
  const { version } = result;
  return writtenAnswer(
    result.created ? 201 : 200,
    version,
    preferences(headers['prefer']?.toString()),
    result.created ? { Location: locationOf(base, version) } : {},
    warnings,
  );
}
