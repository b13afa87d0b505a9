// Stores the next version of a resource with whatever its type's rule adds, in one transaction.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import { businessRule, methodNotAllowed, versionMismatch } from '../../fhir/error.ts';
import { isSubsetted } from '../../fhir/subsetted.ts';
import type { UpdateResult } from '../../store/store.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { checkResource } from './check-resource.ts';
import { assertResolved } from './conditional-references.ts';
import { remarksOn } from './remarks-on.ts';
import { rulesByType } from './rules-by-type.ts';
import { assertVersion, demandVersion, lacksVersion, type VersionDemand } from './version-demand.ts';

export interface UpdateOptions extends VersionDemand {
  /** May the update bring the resource into being under the id that the client chose? */
  readonly mayCreate: boolean;
  /** Only bring it into being: 412 when it is there already (If-None-Match: *). */
  readonly mustCreate?: boolean;
  /** Only change what is there, whichever version (If-Match: *). */
  readonly mustExist?: boolean;
  /** The context's store is a transaction's already, which is undone as a whole when anything but a refusal is thrown. */
  readonly isWithin?: boolean;
}

export interface Updated {
  readonly result: UpdateResult;
  /** The remarks below an error of the validator and of the type's rule. */
  readonly warnings: readonly OperationOutcomeIssue[];
  /** Of these, those of the type's rule. */
  readonly remarks: readonly OperationOutcomeIssue[];
}

/** The check of what is to replace a stored version. Returns the remarks below an error. Throws FhirError 400, and 422 for a part of a resource. */
export function checkForUpdate(
  context: Pick<WorkflowContext, 'validator'>,
  resource: Resource,
): readonly OperationOutcomeIssue[] {
  if (isSubsetted(resource)) {
    throw businessRule(
      'This is a part of the resource (meta.tag SUBSETTED): storing it would lose the rest. Read the whole, without _summary and _elements, and send that.',
      `${resource.resourceType}.meta.tag`,
    );
  }
  return checkResource(context, resource);
}

/** Checks and stores. `resource.id` names it. Throws FhirError 400, 404, 405, 412, 422, 428 and what the type's rule refuses. */
export async function updateResource(
  context: WorkflowContext,
  resource: Resource,
  options: UpdateOptions,
): Promise<Updated> {
  assertResolved(resource);
  // Found out before the write, as in create-resource.ts.
  const checked = checkForUpdate(context, resource);
  const remarks = await remarksOn(context, resource);
  const rule = rulesByType[resource.resourceType];
  // Without a question about what is there, it is one write.
  const isOneWrite =
    options.mustCreate !== true &&
    !lacksVersion(resource.resourceType, options) &&
    (options.mayCreate || options.ifMatch !== undefined);
  const isPlain = isOneWrite && rule?.isPlain?.(context, resource) === true;
  const write = (within: WorkflowContext) =>
    isPlain ? writePlain(within, resource, options) : writeNext(within, resource, options);
  const result =
    isOneWrite && rule === undefined
      ? await context.store.update(resource, storeOptions(options))
      : options.isWithin === true && isPlain
        ? await write(context)
        : await inTransaction(context, write);
  return { result, warnings: [...checked, ...remarks], remarks };
}

/** What by itself calls for nothing; what it replaces is looked at only when there was something. */
async function writePlain(
  context: WorkflowContext,
  resource: Resource,
  options: UpdateOptions,
): Promise<UpdateResult> {
  const { store } = context;
  const result = await store.update(resource, storeOptions(options));
  if (result.created) return result;
  const { resourceType, id, versionId } = result.version;
  const before = await store.readVersion(resourceType, id, String(Number(versionId) - 1));
  if (before.kind === 'found') {
    await rulesByType[resourceType]?.afterUpdate?.(context, before.version.resource(), result.version);
  }
  return result;
}

function storeOptions({ ifMatch, mayCreate, mustExist }: UpdateOptions) {
  return {
    upsert: mayCreate && ifMatch === undefined && mustExist !== true,
    ...(ifMatch !== undefined && { ifMatch }),
  };
}

/** Throws FhirError 412 about something that is there and had to be brought into being. */
export function assertNew(mustCreate: boolean | undefined): void {
  if (mustCreate === true) {
    throw versionMismatch('It exists already, and the request says If-None-Match: *.');
  }
}

/** Stores a resource that was checked, between its type's rules. The context's store must be a transaction's. */
export async function writeNext(
  context: WorkflowContext,
  resource: Resource,
  options: UpdateOptions,
): Promise<UpdateResult> {
  const { store } = context;
  const rule = rulesByType[resource.resourceType];
  const current = await store.read(resource.resourceType, resource.id ?? '');
  if (current.kind === 'found') {
    assertNew(options.mustCreate);
    // Before the rules: whoever saw another version is told so, not what their move would mean for this one.
    demandVersion(resource.resourceType, options);
    assertVersion(current.version.versionId, options.ifMatch);
    const before = current.version.resource();
    const derived = await rule?.beforeUpdate?.(context, before, resource);
    const result = await store.update(derived ?? resource, storeOptions(options));
    await rule?.afterUpdate?.(context, before, result.version);
    return result;
  }
  if (!options.mayCreate && options.ifMatch === undefined && options.mustExist !== true) {
    throw methodNotAllowed('There is no such resource, and this server chooses the ids: create it by POST.', [
      'GET',
      'HEAD',
    ]);
  }
  const made = (await rule?.beforeCreate?.(context, resource)) ?? resource;
  const result = await store.update(made, storeOptions(options));
  await rule?.afterCreate?.(context, result.version);
  return result;
}
