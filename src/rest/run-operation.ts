// Calls an operation: https://hl7.org/fhir/R4/operations.html . Its input is a Parameters body, or the query string.
import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';
import { invalid } from '../fhir/error.ts';
import { isObject } from '../fhir/json-object.ts';
import { checkResource } from '../workflows/resources/check-resource.ts';
import { versionOfEtag } from '../workflows/resources/version-of-etag.ts';
import { type Answer, resourceAnswer } from './answer.ts';
import type { FhirRequest } from './fhir-request.ts';
import { languagesAsked } from './languages-asked.ts';
import type { OperationRequest, ServedOperation } from './operation.ts';
import { withOwnReferencesAsked } from './own-references-asked.ts';
import { checkParameterTypes } from './parameter-types.ts';
import type { QueryPairs } from './rest-system.ts';

/** Names that say how to answer, not what to do: https://hl7.org/fhir/R4/http.html#parameters */
const general = new Set(['_format', '_pretty', '_summary', '_elements']);

function fromQuery(query: QueryPairs): ParametersParameter[] {
  return query.filter(([name]) => !general.has(name)).map(([name, value]) => ({ name, valueString: value }));
}

function inputOf(operation: ServedOperation, request: FhirRequest): Parameters {
  const { body } = request;
  const { bodyParameter } = operation;
  const asked = fromQuery(request.query);
  if (body === undefined) {
    return { resourceType: 'Parameters', ...(asked.length > 0 && { parameter: asked }) };
  }
  if (bodyParameter !== undefined && isMeant(bodyParameter, body.resourceType)) {
    return {
      resourceType: 'Parameters',
      parameter: [{ name: bodyParameter.name, resource: body }, ...asked],
    };
  }
  if (body.resourceType !== 'Parameters') {
    throw invalid(
      `$${operation.name} takes a Parameters resource, not ${body.resourceType}: {"resourceType":"Parameters","parameter":[{"name":"...","value...":...}]}. Its parameters are in ${operation.definition}.`,
      body.resourceType,
    );
  }
  const isJudgedThere = bodyParameter !== undefined && bodyParameter.type === undefined;
  checkResource(request.context, isJudgedThere ? without(body, bodyParameter.name) : body);
  checkParameterTypes(request.context.catalogue, operation.definition, body);
  return asked.length > 0 ? { ...body, parameter: [...(body.parameter ?? []), ...asked] } : body;
}

const isMeant = ({ type }: NonNullable<ServedOperation['bodyParameter']>, sent: string): boolean =>
  type === undefined ? sent !== 'Parameters' : type === sent;

/** The same Parameters, in which what the operation judges itself has given way to a value. Anything else in its place stays. */
function without(body: Parameters, name: string): Parameters {
  if (!Array.isArray(body.parameter)) return body;
  const parameter = body.parameter.map((each: ParametersParameter | null) =>
    each?.name === name && isObject(each.resource)
      ? { ...each, resource: undefined, valueBoolean: true }
      : each,
  );
  return { ...body, parameter } as Parameters;
}

const instanceOf = ({ id }: FhirRequest) => (id === '' ? undefined : id);

/** Refuses (403, audited) who may not call the operation. */
export function demandOperation({ name }: ServedOperation, request: FhirRequest): Promise<void> {
  return request.context.demandOperation(request.type, `$${name}`, instanceOf(request));
}

export async function runOperation(operation: ServedOperation, request: FhirRequest): Promise<Answer> {
  const instance = instanceOf(request);
  await demandOperation(operation, request);
  const ifMatch = versionOfEtag(request.headers['if-match']);
  const key = request.headers['idempotency-key'];
  const { context, base } = request;
  const input = inputOf(operation, request);
  const languages = languagesAsked(request.headers['accept-language']);
  const asked: OperationRequest = {
    context,
    parameters: withOwnReferencesAsked(context.catalogue, operation.definition, input, base),
    ...(instance !== undefined && { id: instance }),
    ...(ifMatch !== undefined && { ifMatch }),
    ...(typeof key === 'string' && { idempotencyKey: key }),
    ...(languages.length > 0 && { languages }),
  };
  if ('answer' in operation) return operation.answer({ ...asked, http: request });
  const result = await operation.handle(asked);
  return resourceAnswer(result.status, result.resource, {
    ...(result.versionId !== undefined && { ETag: `W/"${result.versionId}"` }),
    ...(result.location !== undefined && { Location: `${request.base}/${result.location}` }),
  });
}
