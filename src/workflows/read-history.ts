// Lists the versions of one resource, deletions included.
import type { ResourceType } from '@medplum/fhirtypes';
import { notFound } from '../fhir/error.ts';
import type { HistoryPage } from '../store/store.ts';
import type { WorkflowContext } from './context.ts';

/** Newest first. Throws FhirError 404 when there never was one, or none that the actor may see. */
export async function readHistory(
  { store }: WorkflowContext,
  type: ResourceType,
  id: string,
  page: { readonly count: number; readonly cursor?: string },
): Promise<HistoryPage> {
  const history = await store.history(type, id, page);
  if (history.total === 0) {
    throw notFound(`There is no ${type} with the id "${id}".`);
  }
  return history;
}
