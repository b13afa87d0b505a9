// Turns the definition of a FHIR type into a table by JSON key, once, so that a value is checked by look-ups instead of by reading definitions.
import { type InternalTypeSchema, loadDataType, tryGetDataType } from '@medplum/core';
import type { StructureDefinition } from '@medplum/fhirtypes';
import type { CodeList } from './expand-value-set.ts';
import { type Primitive, primitiveOf } from './primitives.ts';
import { type RequiredCodes, requiredCodes } from './required-codes.ts';
import { resourceRules } from './resource-rules.ts';
import { type Rule, rulesOf } from './type-rules.ts';

export interface Field {
  /** The element's name in FHIRPath: `value` for the key `valueQuantity`. */
  readonly name: string;
  /** True for `_birthDate`, which holds the id and extensions of a primitive. */
  readonly isBeside: boolean;
  /** The one bit of a required element in `TypeTable.required`; 0 when the element may be absent. */
  readonly required: number;
  /** The one bit that the keys of a choice share; 0 when the element has one type. */
  readonly choice: number;
  /** A FHIR type, or the name of an inner type such as `ObservationComponent`. */
  readonly type: string;
  /** Undefined for objects. */
  readonly primitive: Primitive | undefined;
  readonly isArray: boolean;
  readonly codes: RequiredCodes | undefined;
  /** Resource types that a Reference may point to; undefined when any. */
  readonly targets: ReadonlySet<string> | undefined;
  /** Invariants of the element, beside those of its type. */
  readonly rules: readonly Rule[];
}

export interface TypeTable {
  readonly name: string;
  readonly isResource: boolean;
  /** By JSON key; `_birthDate` has a field of its own. */
  readonly fields: ReadonlyMap<string, Field>;
  /** One bit for each required element. */
  readonly required: number;
  /** The names that belong to the bits, in their order. */
  readonly requiredNames: readonly string[];
  /** Invariants of the type itself. */
  readonly rules: readonly Rule[];
}

export interface Definitions {
  /** By name or canonical. */
  definition(nameOrUrl: string): StructureDefinition | undefined;
  /** By canonical. */
  valueSet(url: string): CodeList | undefined;
}

const simpleQuantity: Rule = {
  key: 'sqty-1',
  description: 'The comparator is not used on a SimpleQuantity',
  holds: (value) => (value as { comparator?: unknown }).comparator === undefined,
};

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
    if (!schema) return undefined;
    // A type without a kind is an inner type. What else has no definition in R4 is a profile.
    const isProfile = !own && schema.kind !== undefined;
    return tableOf(name, schema, isProfile);
  }

  /** What a profile requires and its invariants are left to the validator of @medplum/core, which knows its slices. */
  function tableOf(name: string, schema: InternalTypeSchema, isProfile: boolean): TypeTable {
    const fields = new Map<string, Field>();
    const requiredNames: string[] = [];
    let choices = 0;
    for (const [path, element] of Object.entries(schema.elements)) {
      // A path of several steps belongs to a profile that goes into an element; the base type of that element tells its fields.
      if (element.max === 0 || path.includes('.')) continue;
      const isChoice = path.endsWith('[x]');
      const elementName = isChoice ? path.slice(0, -3) : path;
      const choice = isChoice ? bit(choices++) : 0;
      const required = element.min > 0 && !isProfile ? bit(requiredNames.push(elementName) - 1) : 0;
      for (const type of element.type) {
        const key = isChoice
          ? elementName + type.code.charAt(0).toUpperCase() + type.code.slice(1)
          : elementName;
        const isSimple = type.profile?.some((url) => url.endsWith('/SimpleQuantity')) ?? false;
        const field: Field = {
          name: elementName,
          isBeside: false,
          required,
          choice,
          type: type.code,
          primitive: primitiveOf(type.code),
          isArray: element.isArray ?? false,
          // A profile may bind more loosely, which demands nothing.
          codes:
            element.binding?.valueSet && element.binding.strength === 'required'
              ? requiredCodes(element.binding.valueSet, (url) => definitions.valueSet(url))
              : undefined,
          targets: targetsOf(type.targetProfile),
          rules: [
            ...(isSimple ? [simpleQuantity] : []),
            ...(isProfile ? [] : rulesOf(element.constraints, type.code)),
          ],
        };
        fields.set(key, field);
        if (field.primitive) fields.set(`_${key}`, { ...field, isBeside: true });
      }
    }
    const isOwnType = schema.kind !== undefined && !isProfile;
    return {
      name,
      isResource: schema.kind === 'resource',
      fields,
      required: requiredNames.reduce((bits, _, place) => bits | bit(place), 0),
      requiredNames,
      // The invariants of an inner type stand on the element.
      rules: isOwnType ? [...resourceRules(name), ...rulesOf(schema.constraints, name)] : [],
    };
  }
}

function bit(place: number): number {
  if (place > 30)
    throw new Error('More than 31 required elements or choices in one type do not fit the bits of a number');
  return 1 << place;
}

function targetsOf(profiles: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (!profiles?.length) return undefined;
  const prefix = 'http://hl7.org/fhir/StructureDefinition/';
  // A profile of somebody else says nothing that the reference itself shows.
  if (!profiles.every((url) => url.startsWith(prefix))) return undefined;
  const names = new Set(profiles.map((url) => url.slice(prefix.length)));
  return names.has('Resource') ? undefined : names;
}
