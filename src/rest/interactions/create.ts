// create and conditional create: https://hl7.org/fhir/R4/http.html#create
import { createResource } from '../../workflows/resources/create-resource.ts';
import { type Answer, locationOf } from '../answer.ts';
import { resourceOfType } from '../body-of-type.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { preferences, writtenAnswer } from '../prefer.ts';
import { searchCondition } from '../search-condition.ts';

export async function create(request: FhirRequest): Promise<Answer> {
  const { context, type, headers, base, system } = request;
  const resource = resourceOfType(request.body, type);
  const condition = headers['if-none-exist'];
  const { result, warnings } = await createResource(context, resource, {
    ...(condition !== undefined && { ifNoneExist: searchCondition(system, type, String(condition), base) }),
  });
  const { version } = result;
  return writtenAnswer(
    result.kind === 'created' ? 201 : 200,
    version,
    preferences(headers['prefer']?.toString()),
    { Location: locationOf(base, version) },
    warnings,
  );
}
