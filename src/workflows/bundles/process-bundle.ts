// Answers a transaction (all or nothing) or a batch (each entry for itself): https://hl7.org/fhir/R4/http.html#transaction
import type { Bundle } from '@medplum/fhirtypes';
import { FhirError, invalid } from '../../fhir/error.ts';
import { withOwnReferences } from '../../fhir/own-references.ts';
import type { WorkflowContext } from '../context.ts';
import type { BundleDoor, EntryResult } from './bundle-door.ts';
import { linkedFullUrls, namesAmong } from './bundle-references.ts';
import { placedError } from './placed-error.ts';
import { checkBundle, type PlannedEntry, planEntry } from './plan-bundle.ts';
import { runEntry } from './run-entry.ts';
import { runTransaction } from './run-transaction.ts';

/**
 * One result an entry, in the Bundle's order. A transaction throws FhirError with the places of everything found wrong
 * before it began, or of the first entry that failed in it; then nothing of it is stored.
 */
export async function processBundle(
  context: WorkflowContext,
  bundle: Bundle,
  door: BundleDoor,
): Promise<readonly EntryResult[]> {
  checkBundle(bundle);
  return bundle.type === 'transaction'
    ? runTransaction(context, bundle, door)
    : runBatch(context, bundle, door);
}

function withRelativeReferences(entry: PlannedEntry, base: string): PlannedEntry {
  return 'resource' in entry ? { ...entry, resource: withOwnReferences(entry.resource, base) } : entry;
}

/** So many at once: enough to share commits, few enough that others are served in between. */
const batchWidth = 20;

async function runBatch(
  context: WorkflowContext,
  bundle: Bundle,
  door: BundleDoor,
): Promise<readonly EntryResult[]> {
  const entries = bundle.entry ?? [];
  const fullUrls = entries.flatMap(({ fullUrl }) => (fullUrl?.startsWith('urn:') ? [fullUrl] : []));
  const names = namesAmong(entries);
  const results: EntryResult[] = [];

  async function settle(index: number): Promise<EntryResult> {
    try {
      const entry = entries[index];
      if (entry === undefined) {
        throw new Error('a batch entry went missing');
      }
      const planned = planEntry(entry, index, door.base, door.isServed);
      if (
        'resource' in planned &&
        linkedFullUrls(planned.resource, planned.fullUrl, fullUrls, names).size > 0
      ) {
        throw invalid('An entry of a batch cannot refer to another entry: send a transaction.');
      }
      return await runEntry(context, withRelativeReferences(planned, door.base), door);
    } catch (error) {
      return { kind: 'refused', error: error instanceof FhirError ? placedError(error, index) : error };
    }
  }

  for (let from = 0; from < entries.length; from += batchWidth) {
    const indexes = entries.slice(from, from + batchWidth).map((_entry, at) => from + at);
    results.push(...(await Promise.all(indexes.map(settle))));
  }
  return results;
}
