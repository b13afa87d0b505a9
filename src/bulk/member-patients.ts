// Whom a Group export is about. https://hl7.org/fhir/R4/group.html
import type { GroupMember } from '@medplum/fhirtypes';
import { localReference } from '../fhir/reference.ts';

const prefix = 'Patient/';

/** The ids of the patients among the members, each once. */
export function memberPatients(members: readonly GroupMember[], baseUrl?: string): readonly string[] {
  const ids = members.flatMap(({ entity }) => {
    const local = entity.reference === undefined ? undefined : localReference(entity.reference, baseUrl);
    return local?.startsWith(prefix) ? [local.slice(prefix.length)] : [];
  });
  return [...new Set(ids)];
}
