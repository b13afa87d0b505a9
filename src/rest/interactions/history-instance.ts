// history of one resource, newest first: https://hl7.org/fhir/R4/http.html#history
import { readHistory } from '../../workflows/read-history.ts';
import { type Answer, fhirJson } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { historyText } from '../history-bundle.ts';
import { pageOf } from '../page-of.ts';

export async function historyInstance(request: FhirRequest): Promise<Answer> {
  const { context, type, id, base } = request;
  const page = pageOf(request.query);
  const history = await readHistory(context, type, id, page);
  const body = historyText(`${base}/${type}/${id}/_history`, base, page, history);
  return { status: 200, headers: { 'Content-Type': fhirJson }, body };
}
