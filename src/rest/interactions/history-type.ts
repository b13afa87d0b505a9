// history of all resources of one type, newest first: https://hl7.org/fhir/R4/http.html#history
import { readWideHistory } from '../../workflows/resources/read-history.ts';
import type { Answer } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { historyAnswer } from '../history-bundle.ts';

export function historyType(request: FhirRequest): Promise<Answer> {
  const { context, type } = request;
  return historyAnswer(request, `${type}/_history`, type, (query) =>
    readWideHistory(context, { kind: 'type', type }, query),
  );
}
