// What a code means: display, definition, designations, properties, and what stands above and below it.
// https://hl7.org/fhir/R4/codesystem-operation-lookup.html
import type {
  CodeSystem,
  CodeSystemConceptProperty,
  Parameters,
  ParametersParameter,
} from '@medplum/fhirtypes';
import { isInactive } from '../fhir/validation/inactive-code.ts';
import { displayIn, findConcept, isAbstract } from './concepts.ts';

export interface LookUpRequest {
  readonly code: string;
  readonly displayLanguage?: string | undefined;
  /** The properties wanted; empty: all. */
  readonly properties: readonly string[];
}

/** Undefined when the code system has no such code. */
export function lookUp(
  system: CodeSystem,
  { code, displayLanguage, properties }: LookUpRequest,
): Parameters | undefined {
  const concept = findConcept(system, code);
  if (!concept) return undefined;
  const { own, parents, children } = concept;
  const display = displayIn(own, displayLanguage);
  const isWanted = (name: string) => properties.length === 0 || properties.includes(name);
  const designations = (own.designation ?? []).filter(
    ({ language }) => isWanted('designation') || (language !== undefined && isWanted(`lang.${language}`)),
  );
  const values: readonly ParametersParameter[] = [
    ...(own.definition ? [property('definition', { valueString: own.definition })] : []),
    property('inactive', { valueBoolean: isInactive(own) }),
    property('notSelectable', { valueBoolean: isAbstract(own) }),
    ...parents.map((parent) => related('parent', parent, system)),
    ...children.map((child) => related('child', child, system)),
    ...(own.property ?? []).filter(({ code: name }) => !derived.has(name)).map(ownProperty),
  ];
  return {
    resourceType: 'Parameters',
    parameter: [
      { name: 'name', valueString: system.title ?? system.name ?? system.url ?? '' },
      ...(system.version ? [{ name: 'version', valueString: system.version }] : []),
      // Without a display of its own, the code is what people see.
      { name: 'display', valueString: display ?? own.code },
      ...designations.map(({ language, use, value }) => ({
        name: 'designation',
        part: [
          ...(language ? [{ name: 'language', valueCode: language }] : []),
          ...(use ? [{ name: 'use', valueCoding: use }] : []),
          { name: 'value', valueString: value ?? '' },
        ],
      })),
      ...values.filter(({ part }) => isWanted(part?.[0]?.valueCode ?? '')),
    ],
  };
}

/** Said by the lists above, whichever way the code system says them. */
const derived = new Set(['child', 'parent', 'inactive', 'notSelectable']);

type Value = Omit<ParametersParameter, 'name' | 'part' | 'resource'>;

function property(code: string, value: Value, description?: string): ParametersParameter {
  return {
    name: 'property',
    part: [
      { name: 'code', valueCode: code },
      { name: 'value', ...value },
      ...(description === undefined ? [] : [{ name: 'description', valueString: description }]),
    ],
  };
}

function related(name: 'parent' | 'child', code: string, system: CodeSystem): ParametersParameter {
  return property(name, { valueCode: code }, findConcept(system, code)?.own.display);
}

function ownProperty({
  code,
  extension: _extension,
  id: _id,
  ...value
}: CodeSystemConceptProperty): ParametersParameter {
  return property(code, value);
}
