// Update, patch and delete of what a search finds, each decided and done in one transaction:
// https://hl7.org/fhir/R4/http.html#cond-update , #patch and #3.1.0.7.1 (conditional delete)
import type { Resource } from '@medplum/fhirtypes';
import { conflict, invalid, notFound, versionMismatch } from '../../fhir/error.ts';
import { copyExact } from '../../fhir/json.ts';
import type { JsonPatch } from '../../fhir/read-json-patch.ts';
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { DeleteResult } from '../../store/store.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { assertResolved } from './conditional-references.ts';
import { writeNew } from './create-resource.ts';
import { deleteResource } from './delete-resource.ts';
import { type Patched, type PatchOptions, patchWithin } from './patch-resource.ts';
import { remarksOn } from './remarks-on.ts';
import { onlyMatch } from './resolve-condition.ts';
import { assertNew, checkForUpdate, type Updated, type UpdateOptions, writeNext } from './update-resource.ts';
import type { VersionDemand } from './version-demand.ts';

/** What a conditional update comes down to once it is known what its condition finds. */
export type UpdateTarget =
  | { readonly kind: 'update'; readonly id: string }
  /** With the id that the client gave, if it gave one. */
  | { readonly kind: 'create'; readonly id?: string };

/** Throws FhirError 412 (several match; something matches what must be new; or nothing matches what must be there, or have a version), 400 (the id sent is another than that found) and 409 (it is taken). */
export async function updateTarget(
  context: WorkflowContext,
  resource: Resource,
  condition: SearchQuery,
  { ifMatch, mustCreate, mustExist }: Pick<UpdateOptions, 'ifMatch' | 'mustCreate' | 'mustExist'>,
): Promise<UpdateTarget> {
  const { resourceType, id } = resource;
  const match = await onlyMatch(context, condition);
  if (match !== undefined) {
    assertNew(mustCreate);
    if (id !== undefined && id !== match.id) {
      throw invalid(
        `The condition finds ${resourceType}/${match.id}, and the resource has the id "${id}".`,
        `${resourceType}.id`,
      );
    }
    return { kind: 'update', id: match.id };
  }
  if (ifMatch !== undefined) {
    throw versionMismatch(`Nothing matches the condition, so that there is no version ${ifMatch}.`);
  }
  if (mustExist === true) {
    throw versionMismatch('Nothing matches the condition, and the request says If-Match: *.');
  }
  if (id === undefined) {
    return { kind: 'create' };
  }
  if ((await context.store.read(resourceType, id)).kind === 'found') {
    throw conflict(
      `Nothing matches the condition, and ${resourceType}/${id} is another resource.`,
      `${resourceType}.id`,
    );
  }
  return { kind: 'create', id };
}

export async function updateByCondition(
  context: WorkflowContext,
  resource: Resource,
  condition: SearchQuery,
  options: UpdateOptions,
): Promise<Updated> {
  assertResolved(resource);
  const checked = checkForUpdate(context, resource);
  const remarks = await remarksOn(context, resource);
  const result = await inTransaction(context, async (within) => {
    const target = await updateTarget(within, resource, condition, options);
    if (target.id !== undefined) {
      return writeNext(within, copyExact(resource, { ...resource, id: target.id }), options);
    }
    const { version } = await writeNew(within, resource);
    return { version, created: true };
  });
  return { result, warnings: [...checked, ...remarks], remarks };
}

/** Throws FhirError 404 when nothing matches, 412 when several do. */
export function patchByCondition(
  context: WorkflowContext,
  condition: SearchQuery,
  patch: JsonPatch,
  options: PatchOptions,
): Promise<Patched> {
  return inTransaction(context, async (within) => {
    const match = await onlyMatch(within, condition);
    if (match === undefined) {
      throw nothingToPatch(condition);
    }
    return patchWithin(within, condition.type, match.id, patch, options);
  });
}

export function nothingToPatch(condition: SearchQuery) {
  return notFound(`No ${condition.type} matches the condition.`);
}

/** Undefined when nothing matches: then there is nothing to delete, which is what was asked for. Throws FhirError 412 when several do. */
export function deleteByCondition(
  context: WorkflowContext,
  condition: SearchQuery,
  options: VersionDemand,
): Promise<Exclude<DeleteResult, { kind: 'missing' }> | undefined> {
  return inTransaction(context, async (within) => {
    const match = await onlyMatch(within, condition);
    return match === undefined ? undefined : deleteResource(within, condition.type, match.id, options);
  });
}
