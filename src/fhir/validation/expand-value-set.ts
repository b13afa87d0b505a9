// Lists the codes of a value set whose parts are all at hand: whole code systems, listed codes, other value sets, is-a filters.
// https://hl7.org/fhir/R4/valueset.html#compositions
import type { CodeSystem, CodeSystemConcept, ValueSet, ValueSetComposeInclude } from '@medplum/fhirtypes';
import { parseCanonical } from '../canonical.ts';
import { isInactive } from './inactive-code.ts';

/** Codes by system. */
export type CodeList = Readonly<Record<string, readonly string[]>>;

type Find<T> = (canonical: string) => T | undefined;

/** Where the parts of a value set are found, and what was listed already: parts may be imported many times over. */
interface Expansion {
  readonly valueSet: Find<ValueSet>;
  readonly codeSystem: Find<CodeSystem>;
  readonly listed: Map<string, CodeList | undefined>;
}

/**
 * Undefined when a part is not at hand or cannot be listed, or when a value set imports itself. Parts are looked up by the canonical
 * that names them, with its |version where it has one.
 */
export function expandValueSet(
  canonical: string,
  valueSet: Find<ValueSet>,
  codeSystem: Find<CodeSystem>,
): CodeList | undefined {
  return listOf(canonical, { valueSet, codeSystem, listed: new Map() }, []);
}

function listOf(
  canonical: string,
  expansion: Expansion,
  importedBy: readonly string[],
): CodeList | undefined {
  const { listed } = expansion;
  if (!listed.has(canonical)) listed.set(canonical, composed(canonical, expansion, importedBy));
  return listed.get(canonical);
}

function composed(
  canonical: string,
  expansion: Expansion,
  importedBy: readonly string[],
): CodeList | undefined {
  const { url } = parseCanonical(canonical);
  const found = importedBy.includes(url) ? undefined : expansion.valueSet(canonical);
  if (!found?.compose) return undefined;
  const path = [...importedBy, url];
  const codes = new Map<string, Set<string>>();
  for (const part of found.compose.include) {
    const included = codesOf(part, expansion, path);
    if (!included) return undefined;
    for (const [system, list] of Object.entries(included)) {
      codes.set(system, new Set([...(codes.get(system) ?? []), ...list]));
    }
  }
  for (const part of found.compose.exclude ?? []) {
    const excluded = codesOf(part, expansion, path);
    if (!excluded) return undefined;
    for (const [system, list] of Object.entries(excluded)) {
      for (const code of list) codes.get(system)?.delete(code);
    }
  }
  const leavesOutInactive = found.compose.inactive === false;
  return Object.fromEntries(
    [...codes].map(([system, list]) => [
      system,
      leavesOutInactive ? inUse([...list], expansion.codeSystem(system)) : [...list],
    ]),
  );
}

/** A code whose code system is not at hand counts as in use. */
function inUse(codes: readonly string[], system: CodeSystem | undefined): readonly string[] {
  const gone = new Set(
    flattened(system?.concept ?? [])
      .filter(isInactive)
      .map(({ code }) => code),
  );
  return codes.filter((code) => !gone.has(code));
}

function codesOf(
  part: ValueSetComposeInclude,
  expansion: Expansion,
  importedBy: readonly string[],
): CodeList | undefined {
  const own = part.system ? codesOfSystem(part, expansion.codeSystem) : undefined;
  if (part.system && !own) return undefined;
  const imported = (part.valueSet ?? []).map((url) => listOf(url, expansion, importedBy));
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
  const { system: url = '', version } = part;
  const system = codeSystem(version === undefined ? url : `${url}|${version}`);
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
