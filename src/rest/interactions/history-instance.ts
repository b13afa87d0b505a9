// history of one resource, newest first: https://hl7.org/fhir/R4/http.html#history
import { readHistory } from '../../workflows/resources/read-history.ts';
import type { Answer } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { historyAnswer } from '../history-bundle.ts';

export function historyInstance(request: FhirRequest): Promise<Answer> {
  const { context, type, id } = request;
  return historyAnswer(request, `${type}/${id}/_history`, type, (query) =>
    readHistory(context, type, id, query),
  );
}
