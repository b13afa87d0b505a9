// Stores a new resource with whatever its type's rule adds, in one transaction.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { CreateResult } from '../../store/store.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { checkResource } from './check-resource.ts';
import { assertResolved } from './conditional-references.ts';
import { remarksOn } from './remarks-on.ts';
import { rulesByType } from './rules-by-type.ts';
import type { WriteRule } from './write-rules.ts';

export interface CreateOptions {
  /** The id to store it under; a new one when absent. Not together with `ifNoneExist`. */
  readonly id?: string;
  /** Create only when nothing matches this. */
  readonly ifNoneExist?: SearchQuery;
}

export interface Created {
  readonly result: CreateResult;
  /** The remarks below an error of the validator and of the type's rule; none about what was not stored. */
  readonly warnings: readonly OperationOutcomeIssue[];
}

/** Checks and stores. Throws FhirError 400 (not valid), 412 (several match the condition) and what the type's rule refuses. */
export async function createResource(
  context: WorkflowContext,
  resource: Resource,
  options: CreateOptions = {},
): Promise<Created> {
  assertResolved(resource);
  // What is told is found out before the write: nothing that fails afterwards takes its answer from what was stored.
  const warnings = [...checkResource(context, resource), ...(await remarksOn(context, resource))];
  // Without a rule there is one write, which is a transaction by itself.
  const result =
    ruleFor(context, resource) === undefined
      ? await writeNew(context, resource, options)
      : await inTransaction(context, (within) => writeNew(within, resource, options));
  return { result, warnings: toldAfter(result, warnings) };
}

/** A condition that found something: what was sent is not stored, and what would be told of it is not so. */
export function toldAfter(
  { kind }: CreateResult,
  warnings: readonly OperationOutcomeIssue[],
): readonly OperationOutcomeIssue[] {
  return kind === 'matched' ? [] : warnings;
}

function ruleFor(context: WorkflowContext, resource: Resource): WriteRule | undefined {
  const rule = rulesByType[resource.resourceType];
  return rule?.isPlain?.(context, resource) === true ? undefined : rule;
}

/** Stores a resource that was checked, between its type's rules. The context's store must be a transaction's when there are any. */
export async function writeNew(
  context: WorkflowContext,
  resource: Resource,
  { id, ifNoneExist }: CreateOptions = {},
): Promise<CreateResult> {
  const rule = ruleFor(context, resource);
  const derived = (await rule?.beforeCreate?.(context, resource)) ?? resource;
  const result: CreateResult =
    ifNoneExist === undefined
      ? { kind: 'created', version: await context.store.create(derived, id === undefined ? {} : { id }) }
      : await context.store.createIfNoneExist(derived, ifNoneExist);
  if (result.kind === 'created') {
    await rule?.afterCreate?.(context, result.version);
  }
  return result;
}
