// Patient/$everything: a person's whole record as far as the actor may see it. https://hl7.org/fhir/R4/patient-operation-everything.html
import type { RecordQuery, StoredVersion } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';
import { readResource } from './read-resource.ts';

export interface Everything {
  /** The Patient first, on the first page. */
  readonly record: readonly StoredVersion[];
  readonly referred: readonly StoredVersion[];
  readonly next?: string;
}

/** Throws FhirError 404 for a patient who is not known to the actor, 410 for one who was deleted. The Patient comes beside the count. */
export async function readEverything(context: WorkflowContext, query: RecordQuery): Promise<Everything> {
  const patient = await readResource(context, 'Patient', query.patientId);
  const page = await context.store.patientRecord(query);
  const isWanted =
    query.cursor === undefined &&
    (query.types?.includes('Patient') ?? true) &&
    Date.parse(patient.lastUpdated) >= (query.sinceMs ?? 0);
  return { ...page, record: isWanted ? [patient, ...page.record] : page.record };
}
