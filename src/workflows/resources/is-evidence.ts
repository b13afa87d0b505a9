// Which resources of a record count when something is worked out from it.
import type { Resource } from '@medplum/fhirtypes';

/** What was entered in error is never evidence, whether the author of a plan or a form thought of it or not. */
export const isEvidence = (resource: Resource): boolean =>
  !('status' in resource && resource.status === 'entered-in-error');
