// update of what a search finds, or create: https://hl7.org/fhir/R4/http.html#cond-update
import { updateByCondition } from '../../workflows/resources/conditional-writes.ts';
import { type Answer, locationOf } from '../answer.ts';
import { resourceOfType } from '../body-of-type.ts';
import { conditionOf } from '../condition-of.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { preferences, writtenAnswer } from '../prefer.ts';
import { versionDemandOf } from '../version-demand-of.ts';

export async function conditionalUpdate(request: FhirRequest): Promise<Answer> {
  const { context, type, headers, base, system } = request;
  const condition = conditionOf(request);
  const resource = resourceOfType(request.body, type);
  const { result, warnings } = await updateByCondition(context, resource, condition, {
    ...versionDemandOf(request),
    mayCreate: system.settings.createOnUpdate,
    mustExist: headers['if-match']?.trim() === '*',
    mustCreate: headers['if-none-match']?.trim() === '*',
  });
  const { created, version } = result;
  // The client did not name the resource: it learns here which one it was.
  const place = locationOf(base, version);
  return writtenAnswer(
    created ? 201 : 200,
    version,
    preferences(headers['prefer']?.toString()),
    created ? { Location: place } : { 'Content-Location': place },
    warnings,
  );
}
