// Lists the codes of our own value sets, for the required bindings of our own profiles.
import type { CodeSystem, Resource, ValueSet } from '@medplum/fhirtypes';
import { type CodeList, expandValueSet } from '../fhir/validation/expand-value-set.ts';

/** By canonical, with or without a version; undefined for what is not ours or cannot be listed. */
export function contentCodes(published: readonly Resource[]): (canonical: string) => CodeList | undefined {
  const valueSets = byUrl(published.filter((each): each is ValueSet => each.resourceType === 'ValueSet'));
  const codeSystems = byUrl(
    published.filter((each): each is CodeSystem => each.resourceType === 'CodeSystem'),
  );
  return (canonical) =>
    expandValueSet(
      canonical,
      (url) => valueSets.get(url),
      (url) => codeSystems.get(url),
    );
}

function byUrl<T extends { readonly url?: string }>(resources: readonly T[]): ReadonlyMap<string, T> {
  return new Map(resources.flatMap((resource) => (resource.url ? [[resource.url, resource] as const] : [])));
}
