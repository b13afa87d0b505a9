// Writes a value set out as the list of its codes, with their displays. https://hl7.org/fhir/R4/valueset-operation-expand.html
import type {
  CodeSystem,
  ValueSet,
  ValueSetComposeIncludeConcept,
  ValueSetExpansionContains,
  ValueSetExpansionParameter,
} from '@medplum/fhirtypes';
import { canonicalOf } from '../fhir/canonical.ts';
import { fold } from '../fhir/search/fold.ts';
import { expandValueSet } from '../fhir/validation/expand-value-set.ts';
import { isInactive } from '../fhir/validation/inactive-code.ts';
import { type Concept, displayIn, findConcept, isAbstract } from './concepts.ts';
import { type TermSource, withValueSet } from './term-source.ts';

export interface ExpansionRequest {
  /** Words that all must be found in the display, a designation or the code; case and accents do not matter. */
  readonly filter?: string | undefined;
  readonly offset?: number | undefined;
  readonly count?: number | undefined;
  readonly includeDesignations: boolean;
  readonly includeDefinition: boolean;
  readonly activeOnly: boolean;
  /** BCP 47. */
  readonly displayLanguage?: string | undefined;
}

/** A code of a value set, with what its code system and the value set itself say about it. */
export interface Member {
  readonly system: string;
  readonly code: string;
  /** Undefined when it is not held. */
  readonly codeSystem: CodeSystem | undefined;
  readonly concept: Concept | undefined;
  readonly inSet: ValueSetComposeIncludeConcept | undefined;
}

/** Every member in the order of the definition; undefined when a part is not held, so that nobody can list it. */
export function membersOf(valueSet: ValueSet, source: TermSource): readonly Member[] | undefined {
  // A value set that came with a request may have no url; the expander finds its parts by url.
  const url = valueSet.url ?? 'urn:alongside:given';
  const own = { ...valueSet, url };
  const all = withValueSet(source, own);
  // The code systems that the list is made of, which may be named with a version.
  const used = new Map<string, CodeSystem>();
  const list = expandValueSet(
    url,
    (canonical) => all.valueSet(canonical),
    (canonical) => {
      const found = all.codeSystem(canonical);
      if (found?.url !== undefined) used.set(found.url, found);
      return found;
    },
  );
  if (!list) return undefined;
  const listed = namedIn(own, all);
  return Object.entries(list).flatMap(([system, codes]) => {
    const codeSystem = used.get(system) ?? source.codeSystem(system);
    return codes.map((code) => ({
      system,
      code,
      codeSystem,
      concept: codeSystem && findConcept(codeSystem, code),
      inSet: listed.get(`${system} ${code}`),
    }));
  });
}

type ListedConcepts = ReadonlyMap<string, ValueSetComposeIncludeConcept>;

/** What codes are called in a value set, and in those that it imports where it says nothing itself: the nearest first. */
function namedIn(valueSet: ValueSet, source: TermSource): ListedConcepts {
  const named = new Map<string, ValueSetComposeIncludeConcept>();
  const seen = new Set([valueSet]);
  for (const each of seen) {
    for (const { system, concept, valueSet: imported } of each.compose?.include ?? []) {
      for (const listed of concept ?? []) {
        const key = `${system} ${listed.code}`;
        if (!named.has(key)) named.set(key, listed);
      }
      for (const canonical of imported ?? []) {
        const found = source.valueSet(canonical);
        // A set goes on to what is added while it is walked.
        if (found) seen.add(found);
      }
    }
  }
  return named;
}

export function designationsOf({ concept, inSet }: Member) {
  return [...(inSet?.designation ?? []), ...(concept?.own.designation ?? [])];
}

export function displayOf(member: Member, language?: string): string | undefined {
  const display = member.inSet?.display ?? member.concept?.own.display;
  return displayIn({ display, designation: designationsOf(member) }, language);
}

/** `at` is an instant, `identifier` a urn. Undefined as for membersOf. */
export function expansionOf(
  valueSet: ValueSet,
  source: TermSource,
  request: ExpansionRequest,
  { at, identifier }: { readonly at: string; readonly identifier: string },
): ValueSet | undefined {
  const members = membersOf(valueSet, source)?.filter((member) => isWanted(member, request));
  if (!members) return undefined;
  const { offset = 0, count } = request;
  const page = members.slice(offset, count === undefined ? undefined : offset + count);
  const { compose, ...head } = valueSet;
  const parameter = [...asked(request), ...versionsUsed(members)];
  return {
    ...head,
    ...(request.includeDefinition && compose && { compose }),
    expansion: {
      identifier,
      timestamp: at,
      total: members.length,
      offset,
      ...(parameter.length > 0 && { parameter }),
      ...(page.length > 0 && { contains: page.map((member) => containsOf(member, request)) }),
    },
  };
}

function isWanted(member: Member, { filter, activeOnly }: ExpansionRequest): boolean {
  if (activeOnly && member.concept && isInactive(member.concept.own)) return false;
  const words = fold(filter ?? '').split(' ');
  const texts = [member.code, displayOf(member), ...designationsOf(member).map(({ value }) => value)];
  const text = fold(texts.filter((each) => each !== undefined).join(' '));
  return words.every((word) => text.includes(word));
}

function containsOf(member: Member, request: ExpansionRequest): ValueSetExpansionContains {
  const { system, code, concept } = member;
  const display = displayOf(member, request.displayLanguage);
  const designation = request.includeDesignations ? designationsOf(member) : [];
  return {
    system,
    code,
    ...(display !== undefined && { display }),
    ...(concept && isAbstract(concept.own) && { abstract: true }),
    ...(concept && isInactive(concept.own) && { inactive: true }),
    ...(designation.length > 0 && { designation }),
  };
}

function asked(request: ExpansionRequest): ValueSetExpansionParameter[] {
  const { filter, offset, count, displayLanguage, includeDesignations, activeOnly } = request;
  return [
    ...(filter === undefined ? [] : [{ name: 'filter', valueString: filter }]),
    ...(offset === undefined ? [] : [{ name: 'offset', valueInteger: offset }]),
    ...(count === undefined ? [] : [{ name: 'count', valueInteger: count }]),
    ...(displayLanguage === undefined ? [] : [{ name: 'displayLanguage', valueCode: displayLanguage }]),
    ...(includeDesignations ? [{ name: 'includeDesignations', valueBoolean: true }] : []),
    ...(activeOnly ? [{ name: 'activeOnly', valueBoolean: true }] : []),
  ];
}

function versionsUsed(members: readonly Member[]): ValueSetExpansionParameter[] {
  return [...new Set(members.map(({ codeSystem }) => codeSystem))].flatMap((codeSystem) => {
    const canonical = codeSystem?.version === undefined ? undefined : canonicalOf(codeSystem);
    return canonical === undefined ? [] : [{ name: 'version', valueUri: canonical }];
  });
}
