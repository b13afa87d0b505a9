// What a code is called in another code system, by concept maps. https://hl7.org/fhir/R4/conceptmap-operation-translate.html
import type { Coding, ConceptMap, ConceptMapGroup, ConceptMapGroupElementTarget } from '@medplum/fhirtypes';

type Equivalence = NonNullable<ConceptMapGroupElementTarget['equivalence']>;

export interface TranslationRequest {
  readonly codings: readonly Coding[];
  /** Only into this code system. */
  readonly targetSystem?: string | undefined;
  /** From target to source. */
  readonly isReverse: boolean;
}

export interface Translation {
  readonly equivalence: Equivalence;
  /** Absent when the map says that there is none. */
  readonly concept?: Coding;
  /** The canonical of the map. */
  readonly source?: string;
  readonly comment?: string;
}

export interface Translations {
  readonly matches: readonly Translation[];
  /** Targets that hold under conditions only, which nobody has checked here. */
  readonly conditional: number;
  /** Does one of the matches say that there is a translation, and not that there is none? */
  readonly isTranslated: boolean;
}

type Found = Omit<Translations, 'isTranslated'>;

/** Seen from the other side, a wider concept is a narrower one. */
const turned: Readonly<Partial<Record<Equivalence, Equivalence>>> = {
  wider: 'narrower',
  narrower: 'wider',
  subsumes: 'specializes',
  specializes: 'subsumes',
};

/** `find` gives another map by its canonical, for a group that leaves to it what it does not know. */
export function translate(
  maps: readonly ConceptMap[],
  request: TranslationRequest,
  find: (canonical: string) => ConceptMap | undefined,
): Translations {
  const matches: Translation[] = [];
  let conditional = 0;
  const seen = new Set<string>();
  for (const coding of request.codings) {
    for (const map of maps) {
      const found = request.isReverse ? backward(map, coding) : forward(map, coding, find, []);
      conditional += found.conditional;
      for (const match of found.matches) {
        const isWanted = request.targetSystem === undefined || match.concept?.system === request.targetSystem;
        const key = JSON.stringify(match);
        if (isWanted && !seen.has(key)) matches.push(match);
        seen.add(key);
      }
    }
  }
  return { matches, conditional, isTranslated: matches.some(isTranslation) };
}

function isTranslation({ equivalence, concept }: Translation): boolean {
  return concept !== undefined && equivalence !== 'unmatched' && equivalence !== 'disjoint';
}

function forward(
  map: ConceptMap,
  coding: Coding,
  find: (canonical: string) => ConceptMap | undefined,
  tried: readonly ConceptMap[],
): Found {
  const parts = (map.group ?? [])
    .filter(({ source, sourceVersion }) => isOf(coding, source, sourceVersion))
    .map((group): Found => {
      const elements = (group.element ?? []).filter(({ code }) => code === coding.code);
      if (elements.length === 0) return unmapped(map, group, coding, find, tried);
      const targets = elements.flatMap(({ target }) => target ?? []);
      const free = targets.filter(({ dependsOn }) => !dependsOn?.length);
      return {
        matches: free.map((target) => matchOf(map, target, group.target)),
        conditional: targets.length - free.length,
      };
    });
  return joined(parts);
}

/** What is mapped in one version of a code system says nothing of another. */
function isOf(coding: Coding, system: string | undefined, version: string | undefined): boolean {
  const isSame = (asked: string | undefined, mapped: string | undefined) =>
    asked === undefined || mapped === undefined || asked === mapped;
  return isSame(coding.system, system) && isSame(coding.version, version);
}

function matchOf(
  map: ConceptMap,
  target: ConceptMapGroupElementTarget,
  system: string | undefined,
): Translation {
  const { code, display, equivalence, comment } = target;
  return {
    equivalence,
    ...(code !== undefined && { concept: { ...(system && { system }), code, ...(display && { display }) } }),
    ...(map.url && { source: map.url }),
    ...(comment && { comment }),
  };
}

/** https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.group.unmapped */
function unmapped(
  map: ConceptMap,
  { unmapped: rule, target: system }: ConceptMapGroup,
  coding: Coding,
  find: (canonical: string) => ConceptMap | undefined,
  tried: readonly ConceptMap[],
): Found {
  const { code, display } = coding;
  switch (rule?.mode) {
    case 'provided':
      return {
        matches: [
          matchOf(map, { equivalence: 'equal', code, display } as ConceptMapGroupElementTarget, system),
        ],
        conditional: 0,
      };
    case 'fixed':
      return {
        matches: [
          matchOf(
            map,
            {
              equivalence: 'relatedto',
              code: rule.code,
              display: rule.display,
            } as ConceptMapGroupElementTarget,
            system,
          ),
        ],
        conditional: 0,
      };
    case 'other-map': {
      const other = rule.url === undefined ? undefined : find(rule.url);
      const isNew = other && other !== map && !tried.includes(other);
      return isNew ? forward(other, coding, find, [...tried, map]) : joined([]);
    }
    default:
      return joined([]);
  }
}

function backward(map: ConceptMap, coding: Coding): Found {
  const parts = (map.group ?? [])
    .filter(({ target, targetVersion }) => isOf(coding, target, targetVersion))
    .flatMap((group) =>
      (group.element ?? []).map((element): Found => {
        const targets = (element.target ?? []).filter(({ code }) => code === coding.code);
        const free = targets.filter(({ dependsOn }) => !dependsOn?.length);
        return {
          matches: free.map(({ equivalence, comment }) => {
            const { code, display } = element;
            const seen = { code, display, comment, equivalence: turned[equivalence] ?? equivalence };
            return matchOf(map, seen as ConceptMapGroupElementTarget, group.source);
          }),
          conditional: targets.length - free.length,
        };
      }),
    );
  return joined(parts);
}

function joined(parts: readonly Found[]): Found {
  return {
    matches: parts.flatMap(({ matches }) => matches),
    conditional: parts.reduce((sum, each) => sum + each.conditional, 0),
  };
}
