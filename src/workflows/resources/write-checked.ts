// Stores what a workflow built, after the same validation that a client's own resource would get.
import type { Resource } from '@medplum/fhirtypes';
import type { StoredVersion } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';
import { checkResource } from './check-resource.ts';

/** Creates the resource under the id it carries, or under a new one. Refused (400) with every error found: what is wrong in it came from the request. */
export function createChecked<T extends Resource>(
  context: WorkflowContext,
  resource: T,
): Promise<StoredVersion<T>> {
  checkResource(context, resource);
  return context.store.create(resource, { id: resource.id ?? context.newId() });
}

/** Writes the next version. `ifMatch` is the version that the change was computed from. */
export async function updateChecked<T extends Resource>(
  context: WorkflowContext,
  resource: T,
  ifMatch: string,
): Promise<StoredVersion<T>> {
  checkResource(context, resource);
  const { version } = await context.store.update<T>(resource, { ifMatch });
  return version;
}
