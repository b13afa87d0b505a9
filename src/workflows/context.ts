// What every workflow is given. Its store already knows who is asking: access and audit wrap it.
import type { Actor } from '../auth/actor.ts';
import type { Catalogue } from '../content/catalogue.ts';
import type { Validator } from '../fhir/validator.ts';
import type { Clock } from '../runtime/clock.ts';
import type { NewId } from '../runtime/ids.ts';
import type { Store } from '../store/store.ts';

export interface WorkflowContext {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly validator: Validator;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly actor: Actor;
}

/** Runs `work` in one transaction, with a context whose store is that transaction's. */
export function inTransaction<T>(
  context: WorkflowContext,
  work: (context: WorkflowContext) => Promise<T>,
): Promise<T> {
  return context.store.transaction((store) => work({ ...context, store }));
}
