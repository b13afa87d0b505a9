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

/** R4's own, trimmed. `folder` holds the files that scripts/vendor-search.ts makes: they are our own, and taken at their word. */
export function r4SearchParameters(folder: string): readonly SearchParameterDefinition[] {
  return JSON.parse(
    readFileSync(join(folder, 'search-parameters.json'), 'utf8'),
  ) as SearchParameterDefinition[];
}

/** R4's and those given besides. */
export function readSearchParameters(
  folder: string,
  options: {
    readonly baseUrl?: string;
    readonly besides?: readonly SearchParameterDefinition[];
  } = {},
): { readonly registry: SearchRegistry; readonly compartment: PatientCompartment } {
  const { besides = [], ...rest } = options;
  const registry = createSearchRegistry([...r4SearchParameters(folder), ...besides], rest);
  const entries = JSON.parse(
    readFileSync(join(folder, 'patient-compartment.json'), 'utf8'),
  ) as CompartmentEntry[];
  const parameters: CompartmentParameters = Object.fromEntries(
    entries.map(({ code, param }) => [code, param]),
  );
  return { registry, compartment: createPatientCompartment(registry, parameters) };
}
