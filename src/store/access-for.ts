// One request's way to the store: audited, then authorised. The only door that the composition root needs.
import { type Interaction, may } from '../auth/permits.ts';
import type { GroupOfRun, ServiceEffect } from '../auth/service-effects.ts';
import { forbidden } from '../fhir/error.ts';
import { asService, asServiceOfGroup } from './as-service.ts';
import { type Attempt, type AuditSource, audited } from './audited.ts';
import { authorised } from './authorised.ts';
import type { Store } from './store.ts';
import type { PatientFacts } from './write-checks.ts';

/** These are the fields of WorkflowContext that depend on who asks. */
export interface Access {
  readonly store: Store;
  readonly asService: (store: Store, effect: ServiceEffect, patientId: string) => Promise<Store>;
  readonly asServiceOfGroup: (store: Store, effect: ServiceEffect, run: GroupOfRun) => Promise<Store>;
  readonly demandOperation: (type: string, operation: `$${string}`, id?: string) => Promise<void>;
  readonly noteOperation: (type: string, operation: `$${string}`, id?: string) => Promise<void>;
}

export function accessFor(root: Store, source: AuditSource, facts: PatientFacts): Access {
  const { actor } = source;
  const store = audited(root, source);
  return {
    store: authorised(store, actor, facts),
    asService,
    asServiceOfGroup,
    noteOperation: (type, operation, id) => store.did(executed(type, operation, id)),
    async demandOperation(type: string, operation: Extract<Interaction, `$${string}`>, id?: string) {
      if (may(actor, type, operation)) return;
      await store.refused(executed(type, operation, id));
      throw forbidden(`This token (${actor.role}) may not call ${type}/${operation}.`);
    },
  };
}

function executed(resourceType: string, interaction: string, id: string | undefined): Attempt {
  return { action: 'E', interaction, resourceType, ...(id !== undefined && { id }) };
}
