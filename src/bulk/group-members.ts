// Whom a Group export is about. https://hl7.org/fhir/R4/group.html
import type { Group } from '@medplum/fhirtypes';
import { localReference } from '../fhir/reference.ts';

const prefix = 'Patient/';

/** The ids of the patients who are members and not marked as inactive, each once. */
export function groupMembers(group: Group, baseUrl?: string): readonly string[] {
  const ids = (group.member ?? [])
    .filter(({ inactive }) => inactive !== true)
    .flatMap(({ entity }) => {
      const local = entity.reference === undefined ? undefined : localReference(entity.reference, baseUrl);
      return local?.startsWith(prefix) ? [local.slice(prefix.length)] : [];
    });
  return [...new Set(ids)];
}
