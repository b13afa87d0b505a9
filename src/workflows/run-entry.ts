// Does what one Bundle entry asks, through the same workflows as a request of its own.
import type { BundleDoor, EntryResult } from './bundle-door.ts';
import type { WorkflowContext } from './context.ts';
import { createResource } from './create-resource.ts';
import { deleteResource } from './delete-resource.ts';
import type { PlannedEntry } from './plan-bundle.ts';
import { readResource, readVersion } from './read-resource.ts';
import { searchResources } from './search-resources.ts';
import { updateResource } from './update-resource.ts';

/** One entry by itself, as in a batch. */
export async function runEntry(
  context: WorkflowContext,
  entry: PlannedEntry,
  door: BundleDoor,
): Promise<EntryResult> {
  switch (entry.kind) {
    case 'create': {
      const { result } = await createResource(context, entry.resource, {
        ...(entry.ifNoneExist !== undefined && {
          ifNoneExist: door.condition(entry.type, entry.ifNoneExist),
        }),
      });
      return result;
    }
    case 'update': {
      const { result } = await updateResource(context, entry.resource, {
        mayCreate: door.createOnUpdate && entry.ifMatch === undefined,
        ...(entry.ifMatch !== undefined && { ifMatch: entry.ifMatch }),
      });
      return { kind: result.created ? 'created' : 'updated', version: result.version };
    }
    case 'delete':
      return runDelete(context, entry);
    default:
      return answerGet(context, entry, door);
  }
}

/** A GET entry. */
export async function answerGet(
  context: WorkflowContext,
  entry: Extract<PlannedEntry, { kind: 'read' | 'search' }>,
  door: BundleDoor,
): Promise<EntryResult> {
  if (entry.kind === 'search') {
    const understood = door.search(entry.type, entry.query);
    return { kind: 'found', understood, page: await searchResources(context, understood.query) };
  }
  const version =
    entry.versionId === undefined
      ? await readResource(context, entry.type, entry.id)
      : await readVersion(context, entry.type, entry.id, entry.versionId);
  return { kind: entry.ifNoneMatch === version.versionId ? 'not-modified' : 'read', version };
}

export async function runDelete(
  context: WorkflowContext,
  { type, id, ifMatch }: Extract<PlannedEntry, { kind: 'delete' }>,
): Promise<EntryResult> {
  const expected = ifMatch === undefined ? {} : { ifMatch };
  return { ...(await deleteResource(context, type, id, expected)), kind: 'deleted' };
}
