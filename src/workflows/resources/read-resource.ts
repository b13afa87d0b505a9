// Reads a resource or one of its versions. "None" and "not yours" read the same.
import type { ResourceType } from '@medplum/fhirtypes';
import { FhirError, gone, notFound } from '../../fhir/error.ts';
import type { ReadResult, StoredVersion } from '../../store/store.ts';
import type { WorkflowContext } from '../context.ts';

/** The current version. Throws FhirError 404, or 410 when it was deleted. */
export async function readResource(
  { store }: WorkflowContext,
  type: ResourceType,
  id: string,
): Promise<StoredVersion> {
  return found(await store.read(type, id), `There is no ${type} with the id "${id}".`);
}

/** One version. Throws FhirError 404, or 410 when that version is the deletion. */
export async function readVersion(
  { store }: WorkflowContext,
  type: ResourceType,
  id: string,
  versionId: string,
): Promise<StoredVersion> {
  const missing = `There is no version "${versionId}" of a ${type} with the id "${id}".`;
  return found(await store.readVersion(type, id, versionId), missing);
}

function found(result: ReadResult, missing: string): StoredVersion {
  switch (result.kind) {
    case 'found':
      return result.version;
    case 'gone': {
      const refusal = gone('This resource was deleted; its earlier versions are in its history.');
      throw new FhirError(refusal.status, refusal.issues, { headers: { ETag: `W/"${result.versionId}"` } });
    }
    case 'missing':
      throw notFound(missing);
  }
}
