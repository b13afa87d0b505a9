// Reads the R4 base definitions in fhir-profiles/base when they are first asked for, so that a start costs nothing for types never used.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StructureDefinition } from '@medplum/fhirtypes';
import { withoutVersion } from '../fhir/canonical.ts';
import type { CodeList } from '../fhir/validation/expand-value-set.ts';

export interface BaseDefinitions {
  /** By name (`Observation`) or canonical, with or without a version; undefined for what is not a type of R4. */
  definition(nameOrUrl: string): StructureDefinition | undefined;
  /** The codes of a value set that R4 binds as required, by canonical with or without a version. */
  requiredCodes(url: string): CodeList | undefined;
  /** Names of the elements at the top of a resource type that change the meaning of the rest, such as "status". */
  modifierElements(type: string): readonly string[];
  /** Names of all resource types and data types of R4, sorted. */
  names(): readonly string[];
}

const prefix = 'http://hl7.org/fhir/StructureDefinition/';

export function baseDefinitions(folder: string): BaseDefinitions {
  const files = new Set(readdirSync(folder));
  const known = new Map<string, StructureDefinition>();
  let modifiers: Readonly<Record<string, readonly string[]>> | undefined;
  let codes: Readonly<Record<string, CodeList>> | undefined;

  return {
    definition(nameOrUrl) {
      const name = withoutVersion(nameOrUrl).replace(prefix, '');
      const file = `StructureDefinition-${name}.json`;
      if (!files.has(file)) return undefined;
      const definition = known.get(name) ?? (readJson(join(folder, file)) as StructureDefinition);
      known.set(name, definition);
      return definition;
    },
    requiredCodes(url) {
      codes ??= readJson(join(folder, 'required-codes.json')) as Record<string, CodeList>;
      return codes[withoutVersion(url)];
    },
    modifierElements(type) {
      modifiers ??= readJson(join(folder, 'modifier-elements.json')) as Record<string, readonly string[]>;
      return modifiers[type] ?? [];
    },
    names() {
      return [...files].flatMap((file) => /^StructureDefinition-(\w+)\.json$/.exec(file)?.[1] ?? []).sort();
    },
  };
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
