// Who takes part in a patient's care, as the patient's own record says: the ties by which clinicians may see a patient.
// The leaders of a group are tied to what the group has as a whole by the group's CareTeam, and to its members by theirs.
import type { CareTeam, Reference, Resource } from '@medplum/fhirtypes';
import type { RecordOwner } from './compartment.ts';
import { practitionerOf } from './practitioner-record.ts';
import { localReference } from './reference.ts';

/** One patient, or a group, and the people or organisations that this resource ties to them, as relative references. */
export interface CareTie {
  readonly of: RecordOwner;
  readonly references: readonly string[];
}

interface Claimed {
  readonly patient: Reference | undefined;
  readonly references: readonly (Reference | undefined)[];
}

/** What ended, was refused or never began ties nobody. */
function claimedTies(resource: Resource): Claimed | undefined {
  switch (resource.resourceType) {
    case 'Patient':
      return {
        patient: { reference: `Patient/${resource.id ?? ''}` },
        references: resource.generalPractitioner ?? [],
      };
    case 'CareTeam':
      return ['proposed', 'active', 'suspended'].includes(resource.status ?? '') || isEndedLead(resource)
        ? {
            patient: resource.subject,
            references: (resource.participant ?? []).map((participant) => participant.member),
          }
        : undefined;
    case 'ServiceRequest':
      return ['revoked', 'entered-in-error'].includes(resource.status)
        ? undefined
        : { patient: resource.subject, references: [resource.requester, ...(resource.performer ?? [])] };
    case 'Task':
      return ['rejected', 'cancelled', 'failed', 'entered-in-error', 'draft'].includes(resource.status)
        ? undefined
        : { patient: resource.for, references: [resource.owner, resource.requester] };
    case 'EpisodeOfCare':
      return ['cancelled', 'entered-in-error'].includes(resource.status)
        ? undefined
        : { patient: resource.patient, references: [resource.careManager] };
    default:
      return undefined;
  }
}

/** Who led a group goes on to see what it had as a whole, which tells of nobody: there is a contact a year later, and a day to make up. */
const isEndedLead = ({ status, subject }: CareTeam): boolean =>
  status === 'inactive' && subject?.reference?.startsWith('Group/') === true;

/** The ties that a resource makes. A patient is never tied to themselves by this rule. */
export function careTiesOf(resource: Resource, baseUrl?: string): readonly CareTie[] {
  const practitioner = practitionerOf(resource, baseUrl);
  if (practitioner !== undefined) {
    // Their own leads to themself and ties nobody else, whoever is named in it.
    const of: RecordOwner = { type: 'Practitioner', id: practitioner };
    return [{ of, references: [`Practitioner/${practitioner}`] }];
  }
  const claimed = claimedTies(resource);
  const patient = localReference(claimed?.patient?.reference, baseUrl);
  const [type, id] = patient?.split('/') ?? [];
  // Of what is a group's only the team ties: whoever is named by a request or a Task of a group sees it by that no sooner.
  const isTying = type === 'Patient' || (type === 'Group' && resource.resourceType === 'CareTeam');
  if (claimed === undefined || id === undefined || !isTying) {
    return [];
  }
  const references = claimed.references
    .flatMap((reference) => localReference(reference?.reference, baseUrl) ?? [])
    .filter((reference) => reference !== patient);
  return references.length === 0 ? [] : [{ of: { type, id }, references: [...new Set(references)] }];
}
