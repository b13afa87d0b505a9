// history of everything that the actor may read, newest first: https://hl7.org/fhir/R4/http.html#history
import { readWideHistory } from '../../workflows/resources/read-history.ts';
import type { Answer } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { historyAnswer } from '../history-bundle.ts';

export function historySystem(request: FhirRequest): Promise<Answer> {
  const { context, system } = request;
  return historyAnswer(request, '_history', undefined, (query) =>
    readWideHistory(context, { kind: 'system', types: system.resourceTypes }, query),
  );
}
