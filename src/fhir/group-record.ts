// What belongs to a group as a whole: the plan of a run, its days, its calendar, the notes of its leaders. Never to one of its members.
import type { Reference, Resource } from '@medplum/fhirtypes';
import { localReference } from './reference.ts';

const prefix = 'Group/';

function claimed(resource: Resource): readonly (Reference | undefined)[] {
  switch (resource.resourceType) {
    case 'Group':
      return [{ reference: `${prefix}${resource.id ?? ''}` }];
    case 'CarePlan':
    case 'CareTeam':
    case 'Composition':
    case 'DocumentReference':
    case 'Encounter':
    case 'RequestGroup':
    case 'ServiceRequest':
      return [resource.subject];
    case 'Task':
      return [resource.for];
    case 'Appointment':
      // R4 has no Group among the participants of an Appointment.
      return resource.supportingInformation ?? [];
    default:
      return [];
  }
}

/** The ids of the groups that the resource belongs to. */
export function groupsOf(resource: Resource, baseUrl?: string): readonly string[] {
  return claimed(resource).flatMap((reference) => {
    const local = localReference(reference?.reference, baseUrl);
    return local?.startsWith(prefix) && local.length > prefix.length ? [local.slice(prefix.length)] : [];
  });
}
