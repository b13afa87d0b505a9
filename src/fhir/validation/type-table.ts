// Turns the definition of a FHIR type into a table by JSON key, once, so that a value is checked by look-ups instead of by reading definitions.
import { type InternalTypeSchema, loadDataType, tryGetDataType } from '@medplum/core';
import type { StructureDefinition } from '@medplum/fhirtypes';
import type { CodeList } from './expand-value-set.ts';
import { type RequiredCodes, requiredCodes } from './required-codes.ts';

export interface Field {
  /** The element's name in FHIRPath: `value` for the key `valueQuantity`. */
  readonly name: string;
  readonly isChoice: boolean;
  /** A FHIR type, or the name of an inner type such as `ObservationComponent`. */
  readonly type: string;
  /** The JavaScript type of a primitive; undefined for objects. */
  readonly jsType: 'string' | 'number' | 'boolean' | undefined;
  readonly isArray: boolean;
  readonly codes: RequiredCodes | undefined;
  /** Resource types that a Reference may point to; undefined when any. */
  readonly targets: ReadonlySet<string> | undefined;
  /** SimpleQuantity: no comparator. */
  readonly isSimpleQuantity: boolean;
}

export interface Rule {
  readonly key: string;
  readonly expression: string;
  readonly description: string;
}

export interface TypeTable {
  readonly name: string;
  readonly isResource: boolean;
  readonly fields: ReadonlyMap<string, Field>;
  /** Invariants of the type itself, which the validator of @medplum/core evaluates for the outermost resource only. */
  readonly rules: readonly Rule[];
}

export interface Definitions {
  /** By name or canonical. */
  definition(nameOrUrl: string): StructureDefinition | undefined;
  /** By canonical. */
  valueSet(url: string): CodeList | undefined;
}

const jsTypes = {
  base64Binary: 'string',
  boolean: 'boolean',
  canonical: 'string',
  code: 'string',
  date: 'string',
  dateTime: 'string',
  decimal: 'number',
  id: 'string',
  instant: 'string',
  integer: 'number',
  markdown: 'string',
  oid: 'string',
  positiveInt: 'number',
  string: 'string',
  time: 'string',
  unsignedInt: 'number',
  uri: 'string',
  url: 'string',
  uuid: 'string',
  xhtml: 'string',
} as const satisfies Record<string, 'string' | 'number' | 'boolean'>;

const jsTypeOf = new Map<string, 'string' | 'number' | 'boolean'>(Object.entries(jsTypes));

/** Loads each type into @medplum/core when it is first met; all of them at once would cost a second and 280 MB. */
export function typeTables(definitions: Definitions): (name: string) => TypeTable | undefined {
  const tables = new Map<string, TypeTable>();

  return (name) => {
    const known = tables.get(name);
    if (known) return known;
    const built = build(name);
    // Names that are no types are not remembered: clients make them up.
    if (built) tables.set(name, built);
    return built;
  };

  function build(name: string): TypeTable | undefined {
    const own = definitions.definition(name);
    if (own?.abstract && own.kind === 'resource') return undefined;
    if (own) loadDataType(own);
    const schema = tryGetDataType(name);
    return schema && tableOf(name, schema);
  }

  function tableOf(name: string, schema: InternalTypeSchema): TypeTable {
    const fields = new Map<string, Field>();
    for (const [path, element] of Object.entries(schema.elements)) {
      // A path of several steps belongs to a profile that goes into an element; the base type of that element tells its fields.
      if (element.max === 0 || path.includes('.')) continue;
      const isChoice = path.endsWith('[x]');
      const elementName = isChoice ? path.slice(0, -3) : path;
      for (const type of element.type) {
        const key = isChoice
          ? elementName + type.code.charAt(0).toUpperCase() + type.code.slice(1)
          : elementName;
        fields.set(key, {
          name: elementName,
          isChoice,
          type: type.code,
          jsType: jsTypeOf.get(type.code),
          isArray: element.isArray ?? false,
          codes: element.binding?.valueSet
            ? requiredCodes(element.binding.valueSet, (url) => definitions.valueSet(url))
            : undefined,
          targets: targetsOf(type.targetProfile),
          isSimpleQuantity: type.profile?.some((url) => url.endsWith('/SimpleQuantity')) ?? false,
        });
      }
    }
    // A type without a kind is an inner type, whose invariants stand on the element and are evaluated there.
    const rules = schema.kind ? (schema.constraints ?? []) : [];
    return { name, isResource: schema.kind === 'resource', fields, rules };
  }
}

function targetsOf(profiles: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (!profiles?.length) return undefined;
  const prefix = 'http://hl7.org/fhir/StructureDefinition/';
  // A profile of somebody else says nothing that the reference itself shows.
  if (!profiles.every((url) => url.startsWith(prefix))) return undefined;
  const names = new Set(profiles.map((url) => url.slice(prefix.length)));
  return names.has('Resource') ? undefined : names;
}
