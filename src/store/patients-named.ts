// Which patients a resource names anywhere in it, whatever the element: before a write, each of them must be in reach.
import type { Resource } from '@medplum/fhirtypes';
import { localReference } from '../fhir/reference.ts';

const patientPrefix = 'Patient/';

/**
 * The ids, without the resource's own. Wider than the compartment on purpose: a reference that the compartment's search
 * parameters do not see could still tie a clinician to a stranger.
 */
export function patientsNamed(resource: Resource, baseUrl?: string): readonly string[] {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const element of value) walk(element);
    } else if (typeof value === 'object' && value !== null) {
      for (const key in value) {
        const child: unknown = (value as Readonly<Record<string, unknown>>)[key];
        if (typeof child === 'object') walk(child);
        else if (key === 'reference' && typeof child === 'string') note(child);
      }
    }
  };
  const note = (reference: string): void => {
    const local = reference.includes(patientPrefix) ? localReference(reference, baseUrl) : undefined;
    if (local?.startsWith(patientPrefix)) found.add(local.slice(patientPrefix.length));
  };
  walk(resource);
  return [...found];
}
