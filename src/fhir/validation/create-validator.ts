// Says whether a resource is valid R4, by our own walk, and then whether it keeps to our extensions and to those of our profiles that it
// claims, by the validator of @medplum/core, which knows slices and fixed values.
// https://hl7.org/fhir/R4/validation.html
import { loadDataType, OperationOutcomeError, type TypedValue, validateTypedValue } from '@medplum/core';
import type { OperationOutcomeIssue, Resource, StructureDefinition } from '@medplum/fhirtypes';
import { withoutVersion } from '../canonical.ts';
import type { Validator } from '../validator.ts';
import { contextFault } from './extension-context.ts';
import { mostIssues } from './findings.ts';
import { type LooseBindings, looseBindingJudge } from './loose-bindings.ts';
import { type Definitions, typeTables } from './type-table.ts';
import { type FoundExtension, isTypeName, longItem, walk } from './walk.ts';

export interface ValidatorContent extends Definitions {
  /** Our profiles, each with its snapshot. */
  readonly profiles: readonly StructureDefinition[];
  /** For adviceOn(), which says nothing without them. Asked for when it is first called. */
  readonly looseBindings?: () => LooseBindings;
}

/**
 * Types are loaded when first met, so making a validator costs nothing. It keeps no state of the resources that it sees. The library
 * holds types in one table for the whole process: validators over different definitions of the same type would disturb each other.
 */
export function createValidator(content: ValidatorContent): Validator {
  const profiles = new Map(content.profiles.map((profile) => [profile.url, profile]));
  const tables = typeTables(content);
  const loadedProfiles = new Set<string>();
  let judge: ReturnType<typeof looseBindingJudge> | undefined;
  const options = { tables, isWanted: (url: unknown) => profiles.get(String(url))?.type === 'Extension' };

  return {
    supports(resourceType) {
      const definition = content.definition(resourceType);
      return definition?.name === resourceType && definition.kind === 'resource' && !definition.abstract;
    },
    validate(resource) {
      const name: unknown = resource?.resourceType;
      const table = isTypeName(name) ? tables(name) : undefined;
      if (!table?.isResource) {
        return [issue('structure', 'R4 has no such resource type', 'resourceType')];
      }
      const walked = walk(Object(resource), table, options);
      const claimed = resource.meta?.profile ?? [];
      if (walked.issues.length > 0 || (claimed.length === 0 && walked.extensions.length === 0)) {
        return walked.issues;
      }
      const spared = <T>(value: T): T => (walked.hasLongItem ? (withoutLongItems(value) as T) : value);
      const seen = spared(resource);
      return [
        ...walked.extensions.flatMap((found) => extensionIssues({ ...found, value: spared(found.value) })),
        ...claimed.flatMap((url) => profileIssues(seen, url)),
      ].slice(0, mostIssues);
    },
    validateAgainst(resource, profile) {
      const ofBase = content.definition(profile);
      if (!ofBase || profiles.has(withoutVersion(profile))) return profileIssues(resource, profile);
      return ofBase.type === resource.resourceType
        ? []
        : [issue('invalid', `The profile ${profile} is for ${ofBase.type}`, resource.resourceType)];
    },
    adviceOn(resource) {
      judge ??= content.looseBindings && looseBindingJudge(tables, content.looseBindings());
      return judge?.(resource) ?? [];
    },
  };

  /** An extension of ours is used as it is defined, and stands where it may. */
  function extensionIssues({ value, path, on }: FoundExtension): readonly OperationOutcomeIssue[] {
    const profile = profiles.get(String(value['url']));
    if (!profile) return [];
    const misplaced = contextFault(profile, on);
    if (misplaced) return [issue('extension', misplaced, path)];
    loadProfile(profile);
    return librarysIssues({ type: profile.url, value }).map((each) => ({
      ...each,
      expression: each.expression?.map((place) => place.replace(/^Extension/, path)),
    }));
  }

  function profileIssues(resource: Resource, canonical: string): readonly OperationOutcomeIssue[] {
    const url = withoutVersion(canonical);
    const profile = profiles.get(url);
    if (!profile) {
      const what = `The profile ${canonical.slice(0, 200)} is not held here, so it was not checked`;
      return [
        { severity: 'information', code: 'not-supported', diagnostics: what, expression: [claims(resource)] },
      ];
    }
    if (profile.type !== resource.resourceType) {
      return [issue('invalid', `The profile ${url} is for ${profile.type}`, claims(resource))];
    }
    loadProfile(profile);
    const table = tables(url);
    if (!table) throw new Error(`The profile ${url} was not loaded`);
    const walked = walk(Object(resource), { ...table, name: resource.resourceType }, options);
    return merged(walked.issues, librarysIssues({ type: url, value: resource })).map((each) => ({
      ...each,
      diagnostics: `${each.diagnostics} (profile ${url})`,
    }));
  }

  /** Under its URL as a type of its own, so that the library parses it once: given as an option, it is parsed anew each time, 2.5 ms. */
  function loadProfile(profile: StructureDefinition): void {
    if (loadedProfiles.has(profile.url)) return;
    loadDataType({ ...profile, type: profile.url });
    // The profile's inner types took the places of the base type's (ObservationComponent); put those back.
    const base = content.definition(profile.type);
    if (base) loadDataType(base);
    loadedProfiles.add(profile.url);
  }
}

function claims(resource: Resource): string {
  return `${resource.resourceType}.meta.profile`;
}

/** What the library throws and what it returns. Its warnings are about matters that our walk judges. */
function librarysIssues(typed: TypedValue): readonly OperationOutcomeIssue[] {
  try {
    return validateTypedValue(typed).filter(isError).map(told);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return (error.outcome.issue ?? []).filter(isError).map(told);
    throw error;
  }
}

/** A copy for the library, with the long strings in arrays cut off; the walk has seen them whole. */
function withoutLongItems(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((item: unknown) =>
      typeof item === 'string' ? item.slice(0, longItem) : withoutLongItems(item),
    );
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutLongItems(member)]));
}

function isError(each: OperationOutcomeIssue): boolean {
  return each.severity === 'error' || each.severity === 'fatal';
}

/** In our form: the text in `diagnostics`, without the library's internals, and an expression that is FHIRPath. */
function told(each: OperationOutcomeIssue): OperationOutcomeIssue {
  const expression = each.expression?.map((path) => path.replaceAll('[x]', ''));
  return {
    severity: each.severity,
    code: each.code,
    diagnostics: each.details?.text ?? each.code,
    expression,
  };
}

/** Ours first; of the library's only those about other places. */
function merged(
  ours: readonly OperationOutcomeIssue[],
  theirs: readonly OperationOutcomeIssue[],
): readonly OperationOutcomeIssue[] {
  const places = new Set(ours.flatMap((each) => each.expression ?? []));
  const more = theirs.filter((each) => !each.expression?.some((place) => places.has(place)));
  return [...ours, ...more].slice(0, mostIssues);
}

function issue(
  code: OperationOutcomeIssue['code'],
  diagnostics: string,
  expression: string,
): OperationOutcomeIssue {
  return { severity: 'error', code, diagnostics, expression: [expression] };
}
