// Reads the parameters that the terminology operations share: which resource, which code.
import type { CodeSystem, Coding, ConceptMap, ParametersParameter, ValueSet } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import type { TermName } from '../../workflows/terminology/find-terminology.ts';
import type { ParameterReader } from './parameter-reader.ts';

interface Places {
  /** The id in the address. */
  readonly id: string | undefined;
  /** The parameters that give the resource itself, its url and its version. */
  readonly given: string;
  readonly version: string;
}

/** Undefined when the request names none; refused (400) when it names one in two ways. */
export function termName<T extends CodeSystem | ValueSet | ConceptMap>(
  reader: ParameterReader,
  resourceType: T['resourceType'],
  { id, given, version }: Places,
): TermName<T> | undefined {
  const url = reader.text('url');
  const resource = reader.resource(given);
  const asked = reader.text(version);
  if ([id, url, resource].filter((each) => each !== undefined).length > 1) {
    throw invalid(
      `name the ${resourceType} once: by the address, by "url" or by "${given}"`,
      reader.expression,
    );
  }
  if (resource) {
    if (!isOf<T>(resource.value, resourceType)) {
      throw invalid(`"${given}" is a ${resourceType}`, resource.expression);
    }
    return { kind: 'given', resource: resource.value };
  }
  if (id !== undefined) return { kind: 'id', id };
  if (url === undefined) return undefined;
  const canonical = asked === undefined || url.includes('|') ? url : `${url}|${asked}`;
  return { kind: 'canonical', canonical, expression: reader.expression };
}

function isOf<T extends { readonly resourceType: string }>(
  resource: { readonly resourceType: string },
  type: T['resourceType'],
): resource is T {
  return resource.resourceType === type;
}

/** The same, where there must be one. */
export function neededTermName<T extends CodeSystem | ValueSet | ConceptMap>(
  reader: ParameterReader,
  resourceType: T['resourceType'],
  places: Places,
): TermName<T> {
  const name = termName<T>(reader, resourceType, places);
  if (!name) {
    const what = `"url" is needed: the canonical of a ${resourceType}, or the ${resourceType} itself as "${places.given}"`;
    throw invalid(what, reader.expression);
  }
  return name;
}

/** One of code (with system, its version, and display), coding and codeableConcept; refused (400) when there is none or more than one. */
export function codingsAsked(
  reader: ParameterReader,
  names: { readonly system?: string; readonly version?: string; readonly needsSystem: boolean },
): readonly Coding[] {
  const code = reader.text('code');
  const coding = reader.coding('coding');
  const concept = reader.has('codeableConcept') ? reader.concept('codeableConcept') : undefined;
  if ([code, coding, concept].filter((each) => each !== undefined).length !== 1) {
    throw invalid('one of "code", "coding" and "codeableConcept" is needed', reader.expression);
  }
  const system = names.system === undefined ? undefined : reader.text(names.system);
  const version = names.version === undefined ? undefined : reader.text(names.version);
  if (version !== undefined && code === undefined) {
    throw invalid(`"${names.version}" goes with "code": a coding says its version itself`, reader.expression);
  }
  const display = reader.has('display') ? reader.text('display') : undefined;
  const codings: readonly Coding[] =
    code === undefined
      ? coding
        ? [coding.value]
        : (concept?.coding ?? [])
      : [
          {
            code,
            ...(system !== undefined && { system }),
            ...(version !== undefined && { version }),
            ...(display !== undefined && { display }),
          },
        ];
  if (codings.length === 0 || codings.some((each) => each.code === undefined)) {
    throw invalid('a code is needed in each coding', reader.expression);
  }
  if (names.needsSystem && codings.some((each) => each.system === undefined)) {
    throw invalid('"system" is needed: a code means something only in its code system', reader.expression);
  }
  return codings;
}

/** A whole number from 0. */
export function countOf(reader: ParameterReader, name: string): number | undefined {
  const number = reader.integer(name);
  if (number !== undefined && number < 0)
    throw invalid(`"${name}" is a whole number from 0`, reader.expression);
  return number;
}

/** A parameter for each value that is there. */
export function textParameters(
  values: Readonly<Record<string, string | undefined>>,
  key: 'valueString' | 'valueCode' | 'valueUri' = 'valueString',
): ParametersParameter[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, [key]: value }],
  );
}
