// Lists the versions of one resource or of many, deletions included.
import type { ResourceType } from '@medplum/fhirtypes';
import { notFound } from '../../fhir/error.ts';
import type { HistoryPage, HistoryQuery, HistoryScope, WideHistoryPage } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';

/** Newest first. Throws FhirError 404 when there never was one, or none that the actor may see. */
export async function readHistory(
  { store }: WorkflowContext,
  type: ResourceType,
  id: string,
  query: HistoryQuery,
): Promise<HistoryPage> {
  const history = await store.history(type, id, query);
  // With a time asked for, none may be left of one that is there.
  const isNarrowed = query.sinceMs !== undefined || query.at !== undefined;
  if (history.total === 0 && (!isNarrowed || (await store.read(type, id)).kind === 'missing')) {
    throw notFound(`There is no ${type} with the id "${id}".`);
  }
  return history;
}

/** Newest first; what the actor may not see is not there. */
export function readWideHistory(
  { store }: WorkflowContext,
  scope: HistoryScope,
  query: HistoryQuery,
): Promise<WideHistoryPage> {
  return store.wideHistory(scope, query);
}
