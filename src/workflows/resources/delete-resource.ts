// Deletes a resource; its versions stay in the history.
import type { ResourceType } from '@medplum/fhirtypes';
import { notFound } from '../../fhir/error.ts';
import type { DeleteResult } from '../../store/store.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { rulesByType } from './rules-by-type.ts';
import { demandVersion, type VersionDemand } from './version-demand.ts';

/** Throws FhirError 404 when there never was one (or none that the actor may see), 412 for another version, 428 when one must be named, and what the type's rule refuses. */
export async function deleteResource(
  context: WorkflowContext,
  type: ResourceType,
  id: string,
  options: VersionDemand = {},
): Promise<Exclude<DeleteResult, { kind: 'missing' }>> {
  demandVersion(type, options);
  const rule = rulesByType[type];
  const result =
    rule?.beforeDelete === undefined
      ? await context.store.delete(type, id, options)
      : await inTransaction(context, async (within) => {
          const current = await within.store.read(type, id);
          if (current.kind === 'found') await rule.beforeDelete?.(within, current.version.resource());
          return within.store.delete(type, id, options);
        });
  if (result.kind === 'missing') {
    throw notFound(`There is no ${type} with the id "${id}".`);
  }
  return result;
}
