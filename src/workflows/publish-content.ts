// Puts the published content (questionnaires, plans, terminology) into the store at start, so that it is read, searched and versioned like any resource.
import type { Meta, Resource } from '@medplum/fhirtypes';
import { toJson } from '../fhir/json.ts';
import { inTransaction, type WorkflowContext } from './context.ts';

/**
 * Writes each published resource that is missing or differs from what is stored, as a new version; leaves the rest alone.
 * One transaction. Returns how many were written.
 */
export function publishContent(context: WorkflowContext): Promise<number> {
  return inTransaction(context, async ({ store, catalogue }) => {
    let written = 0;
    for (const resource of catalogue.published()) {
      if (!resource.id) throw new Error(`published content without an id: ${resource.resourceType}`);
      const current = await store.read(resource.resourceType, resource.id);
      if (current.kind === 'found' && text(current.version.resource()) === text(resource)) continue;
      await store.update(resource, { upsert: true });
      written += 1;
    }
    return written;
  });
}

/** The resource as text without what the store sets. */
function text(resource: Resource): string {
  const { versionId: _versionId, lastUpdated: _lastUpdated, ...meta }: Meta = resource.meta ?? {};
  const { meta: _meta, ...rest } = resource;
  return toJson(Object.keys(meta).length > 0 ? { ...rest, meta } : rest);
}
