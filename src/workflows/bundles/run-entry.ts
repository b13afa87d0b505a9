// Does what one Bundle entry asks, through the same workflows as a request of its own.
import { withOwnReferences } from '../../fhir/own-references.ts';
import type { WorkflowContext } from '../context.ts';
import { deleteByCondition, patchByCondition, updateByCondition } from '../resources/conditional-writes.ts';
import { createResource } from '../resources/create-resource.ts';
import { deleteResource } from '../resources/delete-resource.ts';
import { isNotModified } from '../resources/not-modified.ts';
import { type PatchOptions, patchResource } from '../resources/patch-resource.ts';
import { readResource, readVersion } from '../resources/read-resource.ts';
import { searchResources } from '../resources/search-resources.ts';
import { type Updated, type UpdateOptions, updateResource } from '../resources/update-resource.ts';
import type { VersionDemand } from '../resources/version-demand.ts';
import type { BundleDoor, EntryResult } from './bundle-door.ts';
import type { PlannedEntry } from './plan-bundle.ts';

/** One entry by itself, as in a batch. */
export async function runEntry(
  context: WorkflowContext,
  entry: PlannedEntry,
  door: BundleDoor,
): Promise<EntryResult> {
  switch (entry.kind) {
    case 'create': {
      const { result, warnings } = await createResource(context, entry.resource, {
        ...(entry.ifNoneExist !== undefined && {
          ifNoneExist: door.condition(entry.type, entry.ifNoneExist),
        }),
      });
      return { ...result, warnings };
    }
    case 'update': {
      const updated = await updateResource(context, entry.resource, updateOptions(entry, door));
      return resultOf(updated);
    }
    case 'conditional-update': {
      const condition = door.condition(entry.type, entry.condition);
      const options = updateOptions(entry, door);
      return resultOf(await updateByCondition(context, entry.resource, condition, options));
    }
    case 'patch': {
      const options = patchOptions(entry, door);
      return {
        ...(await patchResource(context, entry.type, entry.id, entry.patch, options)),
        kind: 'updated',
      };
    }
    case 'conditional-patch': {
      const condition = door.condition(entry.type, entry.condition);
      const options = patchOptions(entry, door);
      return { ...(await patchByCondition(context, condition, entry.patch, options)), kind: 'updated' };
    }
    case 'delete':
      return runDelete(context, entry, door);
    case 'conditional-delete': {
      const condition = door.condition(entry.type, entry.condition);
      const deleted = await deleteByCondition(context, condition, versionDemand(entry, door));
      return deleted === undefined ? { kind: 'nothing-deleted' } : { ...deleted, kind: 'deleted' };
    }
    case 'ask':
      return { kind: 'answered', json: await door.ask(entry.url), isHead: entry.isHead };
    default:
      return answerGet(context, entry, door);
  }
}

function resultOf({ result, warnings }: Updated): EntryResult {
  return { kind: result.created ? 'created' : 'updated', version: result.version, warnings };
}

/** A GET or HEAD entry. */
export async function answerGet(
  context: WorkflowContext,
  entry: Extract<PlannedEntry, { kind: 'read' | 'search' }>,
  door: BundleDoor,
): Promise<EntryResult> {
  if (entry.kind === 'search') {
    const understood = door.search(entry.type, entry.query);
    const page = await searchResources(context, understood.query);
    return { kind: 'found', understood, page, isHead: entry.isHead };
  }
  const version =
    entry.versionId === undefined
      ? await readResource(context, entry.type, entry.id)
      : await readVersion(context, entry.type, entry.id, entry.versionId);
  if (isNotModified(entry.held, version)) {
    return { kind: 'not-modified', version };
  }
  const shape = entry.query === '' ? undefined : door.shape(entry.type, entry.query);
  return { kind: 'read', version, isHead: entry.isHead, ...(shape !== undefined && { shape }) };
}

export async function runDelete(
  context: WorkflowContext,
  entry: Extract<PlannedEntry, { kind: 'delete' }>,
  door: BundleDoor,
): Promise<EntryResult> {
  const deleted = await deleteResource(context, entry.type, entry.id, versionDemand(entry, door));
  return { ...deleted, kind: 'deleted' };
}

/** What an entry says of the version that it changes, and what the server asks it to say. */
export function versionDemand(
  { ifMatch }: { readonly ifMatch?: string },
  { demandsIfMatch }: BundleDoor,
): VersionDemand {
  return { demandsIfMatch, ...(ifMatch !== undefined && { ifMatch }) };
}

function patchOptions(entry: { readonly ifMatch?: string }, door: BundleDoor): PatchOptions {
  return {
    ...versionDemand(entry, door),
    rewrite: (resource) => withOwnReferences(resource, door.base),
  };
}

export function updateOptions(
  entry: Pick<Extract<PlannedEntry, { kind: 'update' }>, 'ifMatch' | 'mustCreate' | 'mustExist'>,
  door: BundleDoor,
): UpdateOptions {
  return {
    ...versionDemand(entry, door),
    mustCreate: entry.mustCreate,
    mustExist: entry.mustExist,
    mayCreate: door.createOnUpdate,
  };
}
