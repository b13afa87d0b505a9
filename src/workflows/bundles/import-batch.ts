// Stores resources under their own ids, as an update or create of each would, in one transaction.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import { FhirError } from '../../fhir/error.ts';
import type { Store } from '../../store/store.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { updateResource } from '../resources/update-resource.ts';

interface ImportRefusal {
  /** Position in the batch. */
  readonly at: number;
  readonly error: FhirError;
}

interface ImportRemarks {
  readonly at: number;
  /** What whoever imports it has to know about what was stored, such as an answer that nobody was called in for. */
  readonly issues: readonly OperationOutcomeIssue[];
}

export interface Imported {
  readonly refused: readonly ImportRefusal[];
  readonly remarked: readonly ImportRemarks[];
}

/**
 * What was refused; the rest is stored, and what `keep` writes with it, or neither. Each resource has an id. `keep` may be called again
 * when another transaction came in between. A bug or an outage throws, and nothing is stored.
 */
export function importBatch(
  context: WorkflowContext,
  resources: readonly Resource[],
  keep: (imported: Imported, store: Store) => Promise<void> = () => Promise.resolve(),
): Promise<Imported> {
  return inTransaction(context, async (within) => {
    const refused: ImportRefusal[] = [];
    const remarked: ImportRemarks[] = [];
    for (const [at, resource] of resources.entries()) {
      try {
        const { remarks } = await updateResource(within, resource, { mayCreate: true, isWithin: true });
        if (remarks.length > 0) remarked.push({ at, issues: remarks });
      } catch (error) {
        if (!(error instanceof FhirError)) throw error;
        refused.push({ at, error });
      }
    }
    const imported = { refused, remarked };
    await keep(imported, within.store);
    return imported;
  });
}
