// search of one type, by GET and by POST _search: https://hl7.org/fhir/R4/search.html
import { searchResources } from '../../workflows/resources/search-resources.ts';
import { type Answer, fhirJson } from '../answer.ts';
import type { FhirRequest } from '../fhir-request.ts';
import { preferences } from '../prefer.ts';
import { searchsetText } from '../searchset.ts';
import { understandSearch } from '../understand-search.ts';

export async function search(request: FhirRequest): Promise<Answer> {
  const { context, type, base, system } = request;
  const { handling } = preferences(request.headers['prefer']?.toString());
  const understood = understandSearch(system, type, request.query, { handling, base });
  const page = await searchResources(context, understood.query);
  return {
    status: 200,
    headers: { 'Content-Type': fhirJson },
    body: searchsetText(base, understood, page),
  };
}
