// Lists the codes of our own value sets, for the required bindings of our own profiles.
import type { CodeSystem, Resource, ValueSet } from '@medplum/fhirtypes';
import { parseCanonical } from '../fhir/canonical.ts';
import { type CodeList, expandValueSet } from '../fhir/validation/expand-value-set.ts';

/** By canonical, with or without a version; undefined for what is not ours or cannot be listed. */
export function contentCodes(published: readonly Resource[]): (canonical: string) => CodeList | undefined {
  const valueSets = byUrl(published.filter((each): each is ValueSet => each.resourceType === 'ValueSet'));
  const codeSystems = byUrl(
    published.filter((each): each is CodeSystem => each.resourceType === 'CodeSystem'),
  );
  // Of our own there is one version of each.
  return (canonical) =>
    expandValueSet(
      canonical,
      (part) => valueSets.get(parseCanonical(part).url),
      (part) => codeSystems.get(parseCanonical(part).url),
    );
}

function byUrl<T extends { readonly url?: string }>(resources: readonly T[]): ReadonlyMap<string, T> {
  return new Map(resources.flatMap((resource) => (resource.url ? [[resource.url, resource] as const] : [])));
}
