// Reads the parameters that shape the answer of a search and not what is found: page size, order, includes, total.
// https://hl7.org/fhir/R4/search.html#return
import type { ResourceType } from '@medplum/fhirtypes';
import { invalid } from '../error.ts';
import type { IncludeRule, SearchQuery, SortKey } from '../search-query.ts';
import { searchLimits } from './search-limits.ts';
import type { SearchRegistry } from './search-registry.ts';

export type Draft = {
  -readonly [K in 'sort' | 'count' | 'cursor' | 'include' | 'revinclude' | 'total']?: SearchQuery[K];
};

function parseCount(value: string): number {
  if (!/^\d{1,30}$/.test(value)) {
    throw invalid(`_count: "${value}" is not a whole number from 0 to ${searchLimits.count}.`);
  }
  return Math.min(Number(value), searchLimits.count);
}

function parseTotal(value: string): boolean {
  if (value !== 'none' && value !== 'accurate' && value !== 'estimate') {
    throw invalid(`_total: "${value}" is not one of none, accurate, estimate.`);
  }
  return value !== 'none';
}

function parseSort(type: string, value: string, registry: SearchRegistry): readonly SortKey[] {
  const keys = value.split(',').map((part) => ({
    parameter: part.replace(/^-/, ''),
    descending: part.startsWith('-'),
  }));
  for (const { parameter } of keys) {
    const isColumn = parameter === '_id' || parameter === '_lastUpdated';
    if (!isColumn && registry.parameter(type, parameter) === undefined) {
      throw invalid(`_sort: ${type} cannot be sorted by "${parameter}".`);
    }
  }
  return keys;
}

type IncludeName = '_include' | '_revinclude';

function parseInclude(name: string, value: string, registry: SearchRegistry): IncludeRule {
  if (value.includes('*')) {
    throw invalid(
      `${name}: "${value}" would include everything. Name the references, such as Observation:subject.`,
    );
  }
  const [sourceType = '', parameter = '', targetType, ...more] = value.split(':');
  const known = (type: string) => registry.types().find((one) => one === type) as ResourceType | undefined;
  const source = known(sourceType);
  const target = targetType === undefined ? undefined : known(targetType);
  const isReference = registry.parameter(sourceType, parameter)?.kind === 'reference';
  if (
    source === undefined ||
    !isReference ||
    more.length > 0 ||
    (targetType !== undefined && target === undefined)
  ) {
    throw invalid(
      `${name}: "${value}" is not Type:reference-parameter or Type:reference-parameter:TargetType.`,
    );
  }
  return { sourceType: source, parameter, ...(target !== undefined && { targetType: target }) };
}

/** Without :iterate an include goes from the matches only, so that it must name their type. */
function parseRule(type: string, name: string, value: string, registry: SearchRegistry): IncludeRule {
  const [base, modifier] = name.split(':');
  if (modifier !== undefined && modifier !== 'iterate') {
    throw invalid(`${name}: the modifier :${modifier} is not supported. Supported for ${base}: :iterate.`);
  }
  const rule = parseInclude(name, value, registry);
  if (modifier === 'iterate') {
    return { ...rule, isIterated: true };
  }
  if (base === '_include' && rule.sourceType !== type) {
    throw invalid(
      `_include: "${value}" starts at ${rule.sourceType}, but this is a search for ${type}. With _include:iterate it starts at what is included too.`,
    );
  }
  if (base === '_revinclude' && rule.targetType !== undefined && rule.targetType !== type) {
    throw invalid(
      `_revinclude: "${value}" points to ${rule.targetType}, but this is a search for ${type}. With _revinclude:iterate it may point to what is included too.`,
    );
  }
  return rule;
}

function takeInclude(
  draft: Draft,
  type: string,
  name: string,
  value: string,
  registry: SearchRegistry,
): void {
  const base: IncludeName = name.startsWith('_rev') ? '_revinclude' : '_include';
  const key = base === '_include' ? 'include' : 'revinclude';
  draft[key] = [...(draft[key] ?? []), parseRule(type, name, value, registry)];
  if ((draft.include ?? []).length + (draft.revinclude ?? []).length > searchLimits.includes) {
    throw invalid(`${name}: at most ${searchLimits.includes} includes in one search.`);
  }
}

/**
 * Takes a parameter that shapes the answer and says what was understood of it, as name and value; false for any other name.
 * `_summary` is taken here only where it asks for the total alone.
 */
export function takeControl(
  draft: Draft,
  type: string,
  name: string,
  value: string,
  registry: SearchRegistry,
): { readonly understood?: string } | false {
  switch (name) {
    case '_count':
      draft.count = parseCount(value);
      return { understood: String(draft.count) };
    case '_summary':
      if (value !== 'count') return false;
      draft.count = 0;
      return { understood: value };
    case '_total':
      draft.total = parseTotal(value);
      return { understood: value };
    case '_sort':
      draft.sort = [...(draft.sort ?? []), ...parseSort(type, value, registry)];
      if (draft.sort.length > searchLimits.sortKeys) {
        throw invalid(`_sort: at most ${searchLimits.sortKeys} keys.`);
      }
      return { understood: value };
    case '_cursor':
      draft.cursor = value;
      return {};
    default:
      if (!/^_(?:rev)?include(?::|$)/.test(name)) return false;
      takeInclude(draft, type, name, value, registry);
      return { understood: value };
  }
}
