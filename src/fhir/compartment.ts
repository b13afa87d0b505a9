// Whose record a resource belongs to, by the R4 CompartmentDefinition for Patient; and which run of a group it belongs to.
// https://hl7.org/fhir/R4/compartmentdefinition-patient.html
import type { Resource } from '@medplum/fhirtypes';
import { groupsOf } from './group-record.ts';
import { practitionerOf } from './practitioner-record.ts';
import { localReference } from './reference.ts';
import type { SearchRegistry } from './search/search-registry.ts';

/** Per resource type, the search parameters that put it into a patient's compartment. */
export type CompartmentParameters = Readonly<Record<string, readonly string[]>>;

/** A person's record, or what a group as a whole has: its plan, its days, its notes; or what is a practitioner's own. */
export interface RecordOwner {
  readonly type: 'Patient' | 'Group' | 'Practitioner';
  readonly id: string;
}

export interface PatientCompartment {
  /** The ids of the patients whose compartment holds the resource; a Patient is in its own. */
  patientsOf(resource: Resource): readonly string[];
  /**
   * The same patients, the groups to which the resource belongs as a whole, and the practitioner whose own it is: nobody's
   * record holds what is a group's or a practitioner's.
   */
  ownersOf(resource: Resource): readonly RecordOwner[];
  /** May a resource of this type lie in a patient's compartment at all? */
  holds(type: string): boolean;
}

const prefix = 'Patient/';

export function createPatientCompartment(
  registry: SearchRegistry,
  parameters: CompartmentParameters,
): PatientCompartment {
  const parametersOf = (type: string) => parameters[type] ?? [];
  const patientsOf = (resource: Resource): readonly string[] => {
    const patients = new Set<string>();
    if (resource.resourceType === 'Patient' && resource.id !== undefined) {
      patients.add(resource.id);
    }
    for (const code of parametersOf(resource.resourceType)) {
      for (const value of registry.valuesOf(resource, code)) {
        const reference =
          typeof value === 'object' && value !== null && 'reference' in value ? value.reference : undefined;
        const local = typeof reference === 'string' ? localReference(reference, registry.baseUrl) : undefined;
        if (local?.startsWith(prefix)) {
          patients.add(local.slice(prefix.length));
        }
      }
    }
    return [...patients];
  };
  return {
    patientsOf,
    ownersOf: (resource) => [
      ...patientsOf(resource).map((id): RecordOwner => ({ type: 'Patient', id })),
      ...groupsOf(resource, registry.baseUrl).map((id): RecordOwner => ({ type: 'Group', id })),
      ...[practitionerOf(resource, registry.baseUrl)].flatMap((id): readonly RecordOwner[] =>
        id === undefined ? [] : [{ type: 'Practitioner', id }],
      ),
    ],
    holds: (type) => type === 'Patient' || parametersOf(type).length > 0,
  };
}
