// Lists the codes of a value set whose parts are all at hand: whole code systems, listed codes, other value sets, is-a filters.
// https://hl7.org/fhir/R4/valueset.html#compositions
import type { CodeSystem, CodeSystemConcept, ValueSet, ValueSetComposeInclude } from '@medplum/fhirtypes';

/** Codes by system. */
export type CodeList = Readonly<Record<string, readonly string[]>>;

type Find<T> = (canonical: string) => T | undefined;

/** Undefined when a part is not at hand or cannot be listed; canonicals are looked up without their version. */
export function expandValueSet(
  url: string,
  valueSet: Find<ValueSet>,
  codeSystem: Find<CodeSystem>,
): CodeList | undefined {
  const found = valueSet(withoutVersion(url));
  if (!found?.compose) return undefined;
  const codes = new Map<string, Set<string>>();
  for (const part of found.compose.include) {
    const included = codesOf(part, valueSet, codeSystem);
    if (!included) return undefined;
    for (const [system, list] of Object.entries(included)) {
      codes.set(system, new Set([...(codes.get(system) ?? []), ...list]));
    }
  }
  for (const part of found.compose.exclude ?? []) {
    const excluded = codesOf(part, valueSet, codeSystem);
    if (!excluded) return undefined;
    for (const [system, list] of Object.entries(excluded)) {
      for (const code of list) codes.get(system)?.delete(code);
    }
  }
  return Object.fromEntries([...codes].map(([system, list]) => [system, [...list]]));
}

function codesOf(
  part: ValueSetComposeInclude,
  valueSet: Find<ValueSet>,
  codeSystem: Find<CodeSystem>,
): CodeList | undefined {
  const own = part.system ? codesOfSystem(part, codeSystem) : undefined;
  if (part.system && !own) return undefined;
  const imported = (part.valueSet ?? []).map((url) => expandValueSet(url, valueSet, codeSystem));
  const lists: CodeList[] = own && part.system ? [{ [part.system]: own }] : [];
  for (const list of imported) {
    if (!list) return undefined;
    lists.push(list);
  }
  // Several conditions in one part all have to hold.
  return lists.reduce((left, right) =>
    Object.fromEntries(
      Object.entries(left).map(([system, codes]) => [
        system,
        codes.filter((code) => right[system]?.includes(code)),
      ]),
    ),
  );
}

function codesOfSystem(
  part: ValueSetComposeInclude,
  codeSystem: Find<CodeSystem>,
): readonly string[] | undefined {
  if (part.concept) return part.concept.map((concept) => concept.code);
  const system = codeSystem(withoutVersion(part.system ?? ''));
  if (!system?.concept || system.content !== 'complete') return undefined;
  let concepts: readonly CodeSystemConcept[] = flattened(system.concept);
  for (const filter of part.filter ?? []) {
    if (filter.property !== 'concept' || (filter.op !== 'is-a' && filter.op !== 'descendent-of'))
      return undefined;
    const root = flattened(system.concept).find((concept) => concept.code === filter.value);
    if (!root) return undefined;
    const below = new Set(flattened(root.concept ?? []).map((concept) => concept.code));
    concepts = concepts.filter(
      (concept) => below.has(concept.code) || (filter.op === 'is-a' && concept.code === root.code),
    );
  }
  return concepts.map((concept) => concept.code);
}

function flattened(concepts: readonly CodeSystemConcept[]): readonly CodeSystemConcept[] {
  return concepts.flatMap((concept) => [concept, ...flattened(concept.concept ?? [])]);
}

function withoutVersion(canonical: string): string {
  return canonical.split('|')[0] ?? canonical;
}
