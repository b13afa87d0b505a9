// What else must happen, in the same transaction, when a resource of a certain type is written over plain REST.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import type { StoredVersion } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';

/** A rule of one resource type. The context's store is the transaction's; a throw undoes the write. */
export interface WriteRule {
  /**
   * Called before a create is stored; may refuse. When it answers with a resource, that one is stored instead (for what the
   * server derives).
   */
  beforeCreate?(
    context: WorkflowContext,
    resource: Resource,
  ): Promise<Resource | undefined> | Resource | undefined;
  /** Whether creating it is one write and nothing else, so that the other rules of a create are not asked. */
  isPlain?(context: WorkflowContext, resource: Resource): boolean;
  /** Called after a create is stored, in the same transaction. */
  afterCreate?(context: WorkflowContext, stored: StoredVersion): Promise<void>;
  /**
   * Called before an update is stored, with the version it replaces; may refuse. When it answers with a resource,
   * that one is stored instead of `next` (for what the server derives and a client may not type).
   */
  beforeUpdate?(
    context: WorkflowContext,
    current: Resource,
    next: Resource,
  ): Promise<Resource | undefined> | Resource | undefined;
  /** Called after an update is stored, in the same transaction. */
  afterUpdate?(context: WorkflowContext, current: Resource, stored: StoredVersion): Promise<void>;
  /** What whoever wrote it is told, while it is stored as it is: what the service does not do for it. */
  remarks?(context: WorkflowContext, resource: Resource): Promise<readonly OperationOutcomeIssue[]>;
  /** Called before a deletion, with the version that would go; may refuse. */
  beforeDelete?(context: WorkflowContext, current: Resource): Promise<void> | void;
}
