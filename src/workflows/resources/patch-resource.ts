// Changes parts of a resource: what comes out of the patch goes through the rules of an update. https://hl7.org/fhir/R4/http.html#patch
import type { OperationOutcomeIssue, Resource, ResourceType } from '@medplum/fhirtypes';
import { businessRule, unprocessable } from '../../fhir/error.ts';
import { copyExact } from '../../fhir/json.ts';
import { applyJsonPatch } from '../../fhir/json-patch.ts';
import type { JsonPatch } from '../../fhir/read-json-patch.ts';
import type { StoredVersion } from '../../store/store.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { assertResolved } from './conditional-references.ts';
import { readResource } from './read-resource.ts';
import { remarksOn } from './remarks-on.ts';
import { checkForUpdate, writeNext } from './update-resource.ts';
import { assertVersion, demandVersion, type VersionDemand } from './version-demand.ts';

export interface PatchOptions extends VersionDemand {
  /** Applied to what comes out of the patch: leads links to where they are stored. */
  readonly rewrite?: (resource: Resource) => Resource;
}

export interface Patched {
  readonly version: StoredVersion;
  readonly warnings: readonly OperationOutcomeIssue[];
}

/** Throws FhirError 404, 410, 412, 428, 422 (the patch does not fit, a `test` fails), 400 (the result is not valid) and what the type's rule refuses. */
export function patchResource(
  context: WorkflowContext,
  type: ResourceType,
  id: string,
  patch: JsonPatch,
  options: PatchOptions = {},
): Promise<Patched> {
  return inTransaction(context, (within) => patchWithin(within, type, id, patch, options));
}

/** The same inside a transaction, whose store the context holds. */
export async function patchWithin(
  context: WorkflowContext,
  type: ResourceType,
  id: string,
  patch: JsonPatch,
  options: PatchOptions = {},
): Promise<Patched> {
  demandVersion(type, options);
  const current = await readResource(context, type, id);
  assertVersion(current.versionId, options.ifMatch);
  const next = patched(current.resource(), patch);
  const rewritten = options.rewrite?.(next) ?? next;
  assertResolved(rewritten);
  const warnings = checkForUpdate(context, rewritten);
  const { version } = await writeNext(context, rewritten, { mayCreate: false, ifMatch: current.versionId });
  return { version, warnings: [...warnings, ...(await remarksOn(context, rewritten))] };
}

function patched(current: Resource, patch: JsonPatch): Resource {
  const { resourceType, id } = current;
  const result = applyJsonPatch(current, patch);
  if (!isResource(result) || result.resourceType !== resourceType || result.id !== id) {
    throw unprocessable(
      'A patch may not change what the resource is: resourceType and id must stay.',
      resourceType,
    );
  }
  return withNarrative(result, patch);
}

/**
 * The narrative was written for what was there before, and people read it instead of the data. One that was made from the
 * data is left out; one that says more than the data is the client's to rewrite in the same patch.
 */
function withNarrative(resource: Resource, patch: JsonPatch): Resource {
  const isTextPatched = patch.some(
    ({ op, path }) => op !== 'test' && (path.length === 0 || path[0] === 'text'),
  );
  const isChange = patch.some(({ op, path }) => op !== 'test' && path[0] !== 'meta');
  if (!('text' in resource) || resource.text === undefined || isTextPatched || !isChange) {
    return resource;
  }
  if (resource.text.status === 'additional') {
    throw businessRule(
      'The text of this resource says more than its data, and would no longer fit: replace /text in the same patch.',
      `${resource.resourceType}.text`,
    );
  }
  const { text: _text, ...rest } = resource;
  return copyExact(resource, rest);
}

function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && 'resourceType' in value;
}
