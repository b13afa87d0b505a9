// Whose record a resource belongs to, by the R4 CompartmentDefinition for Patient.
// https://hl7.org/fhir/R4/compartmentdefinition-patient.html
import type { Resource } from '@medplum/fhirtypes';
import { localReference } from './reference.ts';
import type { SearchRegistry } from './search/search-registry.ts';

/** Per resource type, the search parameters that put it into a patient's compartment. */
export type CompartmentParameters = Readonly<Record<string, readonly string[]>>;

export interface PatientCompartment {
  /** The ids of the patients whose compartment holds the resource; a Patient is in its own. */
  patientsOf(resource: Resource): readonly string[];
  /** May a resource of this type lie in a patient's compartment at all? */
  holds(type: string): boolean;
  /** The search parameters of a type that lead to its patients. */
  parametersOf(type: string): readonly string[];
}

const prefix = 'Patient/';

export function createPatientCompartment(
  registry: SearchRegistry,
  parameters: CompartmentParameters,
): PatientCompartment {
  const parametersOf = (type: string) => parameters[type] ?? [];
  return {
    parametersOf,
    holds: (type) => type === 'Patient' || parametersOf(type).length > 0,
    patientsOf(resource) {
      const patients = new Set<string>();
      if (resource.resourceType === 'Patient' && resource.id !== undefined) {
        patients.add(resource.id);
      }
      for (const code of parametersOf(resource.resourceType)) {
        for (const value of registry.valuesOf(resource, code)) {
          const reference =
            typeof value === 'object' && value !== null && 'reference' in value ? value.reference : undefined;
          const local =
            typeof reference === 'string' ? localReference(reference, registry.baseUrl) : undefined;
          if (local?.startsWith(prefix)) {
            patients.add(local.slice(prefix.length));
          }
        }
      }
      return [...patients];
    },
  };
}
