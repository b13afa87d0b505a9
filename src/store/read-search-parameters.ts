// Reads the trimmed R4 search parameters and patient compartment that stand in fhir-profiles/base.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CompartmentParameters,
  createPatientCompartment,
  type PatientCompartment,
} from '../fhir/compartment.ts';
import type { SearchParameterDefinition } from '../fhir/search/search-parameter.ts';
import { createSearchRegistry, type SearchRegistry } from '../fhir/search/search-registry.ts';

interface CompartmentEntry {
  readonly code: string;
  readonly param: readonly string[];
}

/** `folder` holds the files that scripts/vendor-search.ts makes: they are our own, and taken at their word. */
export function readSearchParameters(
  folder: string,
  options: { readonly baseUrl?: string } = {},
): { readonly registry: SearchRegistry; readonly compartment: PatientCompartment } {
  const read = <T>(name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
  const registry = createSearchRegistry(read<SearchParameterDefinition[]>('search-parameters.json'), options);
  const entries = read<CompartmentEntry[]>('patient-compartment.json');
  const parameters: CompartmentParameters = Object.fromEntries(
    entries.map(({ code, param }) => [code, param]),
  );
  return { registry, compartment: createPatientCompartment(registry, parameters) };
}
