// Reads a search request into a SearchQuery. Nothing is passed over in silence: what is not understood is refused or named.
// https://hl7.org/fhir/R4/search.html
import type { OperationOutcomeIssue, ResourceType } from '@medplum/fhirtypes';
import { FhirError, invalid, printable } from '../error.ts';
import type { IncludeRule, SearchFilter, SearchQuery, SortKey } from '../search-query.ts';
import { parseFilter } from './parse-filter.ts';
import type { SearchRegistry } from './search-registry.ts';

export interface SearchOptions {
  readonly registry: SearchRegistry;
  /** What to do with a parameter that is not known: refuse it, or leave it out with a warning (the default). */
  readonly handling?: 'strict' | 'lenient';
  /** References under this address count as local; the registry's own when absent. */
  readonly baseUrl?: string;
}

export interface ParsedSearch {
  readonly query: SearchQuery;
  /** One warning for each parameter that was left out. */
  readonly ignored: readonly OperationOutcomeIssue[];
}

const defaultCount = 20;
const mostCount = 200;
const mostRules = 5;

type Draft = {
  -readonly [K in 'sort' | 'count' | 'cursor' | 'include' | 'revinclude' | 'total']?: SearchQuery[K];
};

function parseCount(value: string): number {
  if (!/^\d{1,9}$/.test(value)) {
    throw invalid(`_count: "${value}" is not a whole number from 0 to ${mostCount}.`);
  }
  return Math.min(Number(value), mostCount);
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
  if (keys.length > mostRules) {
    throw invalid(`_sort: at most ${mostRules} keys.`);
  }
  return keys;
}

function parseInclude(
  name: '_include' | '_revinclude',
  value: string,
  registry: SearchRegistry,
): IncludeRule {
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

function parseRule(
  type: string,
  name: '_include' | '_revinclude',
  value: string,
  registry: SearchRegistry,
): IncludeRule {
  const rule = parseInclude(name, value, registry);
  if (name === '_include' && rule.sourceType !== type) {
    throw invalid(`_include: "${value}" starts at ${rule.sourceType}, but this is a search for ${type}.`);
  }
  if (name === '_revinclude' && rule.targetType !== undefined && rule.targetType !== type) {
    throw invalid(`_revinclude: "${value}" points to ${rule.targetType}, but this is a search for ${type}.`);
  }
  return rule;
}

/** Takes the parameters that shape the answer; false for any other name. */
function takeControl(
  draft: Draft,
  type: string,
  name: string,
  value: string,
  registry: SearchRegistry,
): boolean {
  switch (name) {
    case '_count':
      draft.count = parseCount(value);
      return true;
    case '_total':
      draft.total = parseTotal(value);
      return true;
    case '_sort':
      draft.sort = [...(draft.sort ?? []), ...parseSort(type, value, registry)];
      return true;
    case '_cursor':
      draft.cursor = value;
      return true;
    case '_include':
    case '_revinclude': {
      const key = name === '_include' ? 'include' : 'revinclude';
      const rules = [...(draft[key] ?? []), parseRule(type, name, value, registry)];
      if (rules.length > mostRules) {
        throw invalid(`${name}: at most ${mostRules} times in one search.`);
      }
      draft[key] = rules;
      return true;
    }
    default:
      if (name.startsWith('_include:') || name.startsWith('_revinclude:')) {
        throw invalid(`${name}: modifiers of includes, such as :iterate, are not supported.`);
      }
      return false;
  }
}

/** Percent-encoded, except for the characters that may stand in a query and are easier to read there. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/%(?:3A|2C|2F)/g, (code) => decodeURIComponent(code));

function unknownParameter(type: string, name: string, registry: SearchRegistry): OperationOutcomeIssue {
  const codes = ['_id', '_lastUpdated', ...registry.parameters(type).map(({ code }) => code)].sort();
  return {
    severity: 'warning',
    code: 'not-supported',
    diagnostics: `${name} is not a search parameter of ${type} that this server supports. Supported: ${codes.join(', ')}.`,
  };
}

/** `params` in the order sent, percent-decoded. Throws FhirError 400 with the reason. */
export function parseSearch(
  type: ResourceType,
  params: readonly (readonly [name: string, value: string])[],
  options: SearchOptions,
): ParsedSearch {
  const { registry, handling = 'lenient', baseUrl = registry.baseUrl } = options;
  const draft: Draft = {};
  const filters: SearchFilter[] = [];
  const understood: string[] = [];
  const ignored: OperationOutcomeIssue[] = [];
  for (const [name, value] of params) {
    if (takeControl(draft, type, name, value, registry)) {
      if (name !== '_cursor') {
        understood.push(`${encoded(name)}=${encoded(value)}`);
      }
      continue;
    }
    const filter = parseFilter(type, name, value, registry, baseUrl);
    if (filter === undefined) {
      ignored.push(printable(unknownParameter(type, name, registry)));
    } else {
      filters.push(filter);
      understood.push(`${encoded(name)}=${encoded(value)}`);
    }
  }
  if (handling === 'strict' && ignored.length > 0) {
    throw new FhirError(
      400,
      ignored.map((issue) => ({ ...issue, severity: 'error' as const })),
    );
  }
  const count = draft.count ?? defaultCount;
  return {
    query: {
      type,
      filters,
      sort: draft.sort ?? [],
      count,
      ...(draft.cursor !== undefined && { cursor: draft.cursor }),
      include: draft.include ?? [],
      revinclude: draft.revinclude ?? [],
      // A page of no matches is asked for to learn the total.
      total: draft.total ?? count === 0,
      understood: understood.join('&'),
    },
    ignored,
  };
}
