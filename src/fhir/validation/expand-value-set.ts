// Lists the codes of a value set whose parts are all at hand: whole code systems, listed codes, other value sets, is-a filters.
// https://hl7.org/fhir/R4/valueset.html#compositions
import type { CodeSystem, CodeSystemConcept, ValueSet, ValueSetComposeInclude } from '@medplum/fhirtypes';

/** Codes by system. */
export type CodeList = Readonly<Record<string, readonly string[]>>;

type Find<T> = (canonical: string) => T | undefined;

/**
 * Undefined when a part is not at hand or cannot be listed, or when a value set imports itself; canonicals are looked up without their
 * version.
 */
export function expandValueSet(
  url: string,
  valueSet: Find<ValueSet>,
  codeSystem: Find<CodeSystem>,
  importedBy: readonly string[] = [],
): CodeList | undefined {
  const canonical = withoutVersion(url);
  const found = importedBy.includes(canonical) ? undefined : valueSet(canonical);
  if (!found?.compose) return undefined;
  const path = [...importedBy, canonical];
  const codes = new Map<string, Set<string>>();
  for (const part of found.compose.include) {
    const included = codesOf(part, valueSet, codeSystem, path);
    if (!included) return undefined;
    for (const [system, list] of Object.entries(included)) {
      codes.set(system, new Set([...(codes.get(system) ?? []), ...list]));
    }
  }
  for (const part of found.compose.exclude ?? []) {
    const excluded = codesOf(part, valueSet, codeSystem, path);
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
  importedBy: readonly string[],
): CodeList | undefined {
  const own = part.system ? codesOfSystem(part, codeSystem) : undefined;
  if (part.system && !own) return undefined;
  const imported = (part.valueSet ?? []).map((url) => expandValueSet(url, valueSet, codeSystem, importedBy));
  const lists: CodeList[] = own && part.system ? [{ [part.system]: own }] : [];
  for (const list of imported) {
    if (!list) return undefined;
    lists.push(list);
  }
  // Several conditions in one part all have to hold.
  const [first = {}, ...others] = lists;
  return others.reduce(inBoth, first);
}

/** Object.hasOwn, because a system comes from a request: "constructor" must find nothing. */
function inBoth(left: CodeList, right: CodeList): CodeList {
  return Object.fromEntries(
    Object.entries(left).map(([system, codes]) => {
      const others = new Set(Object.hasOwn(right, system) ? right[system] : []);
      return [system, codes.filter((code) => others.has(code))];
    }),
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
    const below = codesBelow(filter.value, flattened(system.concept));
    if (!below) return undefined;
    concepts = concepts.filter(
      (concept) => below.has(concept.code) || (filter.op === 'is-a' && concept.code === filter.value),
    );
  }
  return concepts.map((concept) => concept.code);
}

/**
 * The codes under one, at any depth; undefined for a code that the system does not have. A concept stands in the list once; where it has
 * more parents than one, the others name it by the property "child".
 */
function codesBelow(root: string, concepts: readonly CodeSystemConcept[]): ReadonlySet<string> | undefined {
  const byCode = new Map(concepts.map((concept) => [concept.code, concept]));
  const below = new Set<string>();
  const visit = ({ concept, property }: CodeSystemConcept) => {
    const named = (property ?? []).flatMap(({ code, valueCode }) => (code === 'child' && valueCode) || []);
    for (const code of [...(concept ?? []).map((each) => each.code), ...named]) {
      const child = below.has(code) ? undefined : byCode.get(code);
      if (!child) continue;
      below.add(code);
      visit(child);
    }
  };
  const found = byCode.get(root);
  if (found) visit(found);
  return found && below;
}

function flattened(concepts: readonly CodeSystemConcept[]): readonly CodeSystemConcept[] {
  return concepts.flatMap((concept) => [concept, ...flattened(concept.concept ?? [])]);
}

function withoutVersion(canonical: string): string {
  return canonical.split('|')[0] ?? canonical;
}
