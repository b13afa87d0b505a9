// Calls an operation: https://hl7.org/fhir/R4/operations.html . Its input is a Parameters body, or the query string.
import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';
import { invalid } from '../fhir/error.ts';
import { checkResource } from '../workflows/check-resource.ts';
import { versionOfEtag } from '../workflows/version-of-etag.ts';
import { type Answer, resourceAnswer } from './answer.ts';
import type { FhirRequest } from './fhir-request.ts';
import type { Operation } from './operation.ts';
import type { QueryPairs } from './rest-system.ts';

/** Names that say how to answer, not what to do: https://hl7.org/fhir/R4/http.html#parameters */
const general = new Set(['_format', '_pretty', '_summary', '_elements']);

function fromQuery(query: QueryPairs): ParametersParameter[] {
  return query.filter(([name]) => !general.has(name)).map(([name, value]) => ({ name, valueString: value }));
}

function inputOf(operation: Operation, request: FhirRequest): Parameters {
  const { body } = request;
  const asked = fromQuery(request.query);
  if (body === undefined) {
    return { resourceType: 'Parameters', ...(asked.length > 0 && { parameter: asked }) };
  }
  if (body.resourceType !== 'Parameters') {
    throw invalid(
      `$${operation.name} takes a Parameters resource, not ${body.resourceType}: {"resourceType":"Parameters","parameter":[{"name":"...","value...":...}]}. Its parameters are in ${operation.definition}.`,
      body.resourceType,
    );
  }
  checkResource(request.context, body);
  return asked.length > 0 ? { ...body, parameter: [...(body.parameter ?? []), ...asked] } : body;
}

const instanceOf = ({ id }: FhirRequest) => (id === '' ? undefined : id);

/** Refuses (403, audited) who may not call the operation. */
export function demandOperation({ resourceType, name }: Operation, request: FhirRequest): Promise<void> {
  return request.context.demandOperation(resourceType, `$${name}`, instanceOf(request));
}

export async function runOperation(operation: Operation, request: FhirRequest): Promise<Answer> {
  const instance = instanceOf(request);
  await demandOperation(operation, request);
  const ifMatch = versionOfEtag(request.headers['if-match']);
  const key = request.headers['idempotency-key'];
  const result = await operation.handle({
    context: request.context,
    parameters: inputOf(operation, request),
    ...(instance !== undefined && { id: instance }),
    ...(ifMatch !== undefined && { ifMatch }),
    ...(typeof key === 'string' && { idempotencyKey: key }),
  });
  return resourceAnswer(result.status, result.resource, {
    ...(result.versionId !== undefined && { ETag: `W/"${result.versionId}"` }),
    ...(result.location !== undefined && { Location: `${request.base}/${result.location}` }),
  });
}
