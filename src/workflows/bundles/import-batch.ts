// Stores resources under their own ids, as an update or create of each would, in one transaction.
import type { OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';
import { FhirError } from '../../fhir/error.ts';
import { inTransaction, type WorkflowContext } from '../context.ts';
import { isSameContent } from '../resources/is-same-content.ts';
import { updateResource } from '../resources/update-resource.ts';

export interface ImportOptions {
  /** Leaves alone what is stored already with the same content: for what may have been imported before an interruption. */
  readonly skipsSame: boolean;
}

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

/** What was refused; the rest is stored. Each resource has an id. A bug or an outage throws, and nothing is stored. */
export function importBatch(
  context: WorkflowContext,
  resources: readonly Resource[],
  options: ImportOptions,
): Promise<Imported> {
  return inTransaction(context, async (within) => {
    const refused: ImportRefusal[] = [];
    const remarked: ImportRemarks[] = [];
    for (const [at, resource] of resources.entries()) {
      try {
        if (options.skipsSame && (await isStored(within, resource))) continue;
        const { remarks } = await updateResource(within, resource, { mayCreate: true, isWithin: true });
        if (remarks.length > 0) remarked.push({ at, issues: remarks });
      } catch (error) {
        if (!(error instanceof FhirError)) throw error;
        refused.push({ at, error });
      }
    }
    return { refused, remarked };
  });
}

async function isStored({ store }: WorkflowContext, resource: Resource): Promise<boolean> {
  const current = await store.read(resource.resourceType, resource.id ?? '');
  return current.kind === 'found' && isSameContent(bare(current.version.resource()), bare(resource));
}

/** Without what the store sets. */
function bare({ meta, ...rest }: Resource) {
  const { versionId: _versionId, lastUpdated: _lastUpdated, ...kept } = meta ?? {};
  return { ...rest, meta: Object.keys(kept).length > 0 ? kept : undefined };
}
