// Reads what fhir-profiles/base knows about codes that no write depends on, when it is first asked for.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeSystem, ValueSet } from '@medplum/fhirtypes';
import type { LooseBindings } from '../fhir/validation/loose-bindings.ts';

/** By url. Only what HL7 lists in full. */
export interface BaseTerminology {
  readonly codeSystems: ReadonlyMap<string, CodeSystem>;
  readonly valueSets: ReadonlyMap<string, ValueSet>;
}

type Trimmed<T> = Readonly<Record<string, Partial<T>>>;

export function readBaseTerminology(folder: string): BaseTerminology {
  const { codeSystems, valueSets } = readJson(join(folder, 'terminology.json')) as {
    readonly codeSystems: Trimmed<CodeSystem>;
    readonly valueSets: Trimmed<ValueSet>;
  };
  return {
    codeSystems: new Map(
      Object.entries(codeSystems).map(([url, rest]) => [
        url,
        {
          resourceType: 'CodeSystem',
          url,
          status: 'active',
          content: 'complete',
          caseSensitive: true,
          ...rest,
        },
      ]),
    ),
    valueSets: new Map(
      Object.entries(valueSets).map(([url, rest]) => [
        url,
        { resourceType: 'ValueSet', url, status: 'active', ...rest },
      ]),
    ),
  };
}

/** Read once, by the first $validate. */
export function readLooseBindings(folder: string): LooseBindings {
  return readJson(join(folder, 'loose-bindings.json')) as LooseBindings;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
