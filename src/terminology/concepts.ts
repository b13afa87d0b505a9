// The concepts of a code system, each with what stands above and below it. https://hl7.org/fhir/R4/codesystem.html#hierarchy
import type { CodeSystem, CodeSystemConcept, CodeSystemConceptDesignation } from '@medplum/fhirtypes';

export interface Concept {
  readonly own: CodeSystemConcept;
  /** Codes directly above and below. */
  readonly parents: readonly string[];
  readonly children: readonly string[];
}

type Concepts = ReadonlyMap<string, Concept>;

/** A code system that this service holds is the same object each time; one from a request is forgotten with it. */
const known = new WeakMap<CodeSystem, Concepts>();

function conceptsOf(system: CodeSystem): Concepts {
  const found = known.get(system);
  if (found) return found;
  const concepts = collected(system.concept ?? []);
  known.set(system, concepts);
  return concepts;
}

/** As it is written, or in any case where the code system says that case does not matter. */
export function findConcept(system: CodeSystem, code: string): Concept | undefined {
  const concepts = conceptsOf(system);
  const exact = concepts.get(code);
  if (exact || system.caseSensitive !== false) return exact;
  const lower = code.toLowerCase();
  return [...concepts.values()].find(({ own }) => own.code.toLowerCase() === lower);
}

function collected(roots: readonly CodeSystemConcept[]): Concepts {
  const listed = new Map<string, CodeSystemConcept>();
  const list = (each: CodeSystemConcept) => {
    listed.set(each.code, each);
    for (const below of each.concept ?? []) list(below);
  };
  for (const root of roots) list(root);
  const children = new Map([...listed].map(([code, own]) => [code, childrenOf(own, listed)]));
  const parents = new Map<string, string[]>();
  for (const [code, below] of children) {
    for (const child of below) parents.set(child, [...(parents.get(child) ?? []), code]);
  }
  return new Map(
    [...listed].map(([code, own]) => [
      code,
      { own, parents: parents.get(code) ?? [], children: children.get(code) ?? [] },
    ]),
  );
}

/** Nested, or named by the property "child" where a concept has several parents and stands under one of them only. */
function childrenOf(
  own: CodeSystemConcept,
  listed: ReadonlyMap<string, CodeSystemConcept>,
): readonly string[] {
  const nested = (own.concept ?? []).map(({ code }) => code);
  const named = (own.property ?? []).flatMap(({ code, valueCode }) =>
    code === 'child' && valueCode !== undefined && listed.has(valueCode) ? [valueCode] : [],
  );
  return [...new Set([...nested, ...named])];
}

/** Is `below` somewhere under `above`? A code is not under itself. */
export function isUnder(system: CodeSystem, below: string, above: string): boolean {
  const concepts = conceptsOf(system);
  const seen = new Set<string>();
  const climb = (code: string): boolean =>
    (concepts.get(code)?.parents ?? []).some((parent) => {
      if (parent === above) return true;
      if (seen.has(parent)) return false;
      seen.add(parent);
      return climb(parent);
    });
  return climb(below);
}

/** Groups that stand in the list for order's sake, and that nobody should choose. */
export function isAbstract({ property }: CodeSystemConcept): boolean {
  return (property ?? []).some(({ code, valueBoolean }) => code === 'notSelectable' && valueBoolean === true);
}

export interface Named {
  readonly display?: string | undefined;
  readonly designation?:
    | readonly Pick<CodeSystemConceptDesignation, 'language' | 'use' | 'value'>[]
    | undefined;
}

/** The display in the language asked for, as in "nl" or "nl-BE"; the usual one where there is none. */
export function displayIn({ display, designation }: Named, language: string | undefined): string | undefined {
  if (language === undefined) return display;
  const wanted = language.toLowerCase();
  const inLanguage = (tag: string) =>
    designation?.find((each) => each.language?.toLowerCase() === tag)?.value;
  return inLanguage(wanted) ?? inLanguage(wanted.split('-')[0] ?? wanted) ?? display;
}
