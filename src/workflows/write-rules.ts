// What else must happen, in the same transaction, when a resource of a certain type is written over plain REST.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { StoredVersion } from '../store/store.ts';
import type { WorkflowContext } from './context.ts';

/** A rule of one resource type. The context's store is the transaction's; a throw undoes the write. */
export interface WriteRule {
  /** Called before a create is stored; may refuse. */
  beforeCreate?(context: WorkflowContext, resource: Resource): Promise<void> | void;
  /** Called after a create is stored, in the same transaction. */
  afterCreate?(context: WorkflowContext, stored: StoredVersion): Promise<void>;
  /** Called before an update is stored, with the version it replaces; may refuse. */
  beforeUpdate?(context: WorkflowContext, current: Resource, next: Resource): Promise<void> | void;
  /** Called after an update is stored, in the same transaction. */
  afterUpdate?(context: WorkflowContext, current: Resource, stored: StoredVersion): Promise<void>;
}

export const writeRules: Partial<Record<ResourceType, WriteRule>> = {};
