// Searches one type. What the actor may not see is not there, in totals and included resources too.
import type { OperationOutcomeIssue } from '@medplum/fhirtypes';
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { SearchPage } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';

/** Makes the part of a resource that was asked for from its stored text. */
export type Shape = (version: { readonly resourceType: string; readonly json: string }) => string;

export interface UnderstoodSearch {
  readonly query: SearchQuery;
  /** One warning for each part that was not understood and therefore left out. */
  readonly ignored: readonly OperationOutcomeIssue[];
  /** Absent: whole resources are asked for. */
  readonly shape?: Shape;
}

export function searchResources({ store }: WorkflowContext, query: SearchQuery): Promise<SearchPage> {
  return store.search(query);
}
