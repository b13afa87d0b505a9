// What of search is supported, as the CapabilityStatement names it.
import type { IndexKind } from './index-value.ts';
import type { SearchRegistry } from './search-registry.ts';

interface SupportedSearchParameter {
  readonly name: string;
  readonly type: IndexKind | 'composite';
  readonly definition: string;
}

export function searchParametersOf(registry: SearchRegistry, type: string): SupportedSearchParameter[] {
  return [
    ...registry.parameters(type).map(({ code, kind, url }) => ({ name: code, type: kind, definition: url })),
    ...registry
      .composites(type)
      .map(({ code, url }) => ({ name: code, type: 'composite' as const, definition: url })),
  ];
}

/** Each reference parameter of the type that an include follows: "Observation:subject". */
export function includesOf(registry: SearchRegistry, type: string): string[] {
  return registry
    .parameters(type)
    .filter(({ kind, isCanonical }) => kind === 'reference' && !isCanonical)
    .map(({ code }) => `${type}:${code}`);
}

/** Each reference parameter, of any of the types served, that may point to this type: "Observation:subject". */
export function reverseIncludesOf(
  registry: SearchRegistry,
  served: readonly string[],
  type: string,
): string[] {
  return served.flatMap((source) =>
    registry
      .parameters(source)
      .filter(
        ({ kind, isCanonical, targets }) =>
          kind === 'reference' && !isCanonical && (targets.length === 0 || targets.includes(type)),
      )
      .map(({ code }) => `${source}:${code}`),
  );
}
