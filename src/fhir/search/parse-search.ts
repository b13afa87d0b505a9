// Reads a search request into a SearchQuery. Nothing is passed over in silence: what is not understood is refused or named.
// https://hl7.org/fhir/R4/search.html
import type { OperationOutcomeIssue, ResourceType } from '@medplum/fhirtypes';
import { FhirError, invalid, printable } from '../error.ts';
import type { SearchFilter, SearchQuery } from '../search-query.ts';
import { type Draft, takeControl } from './parse-control.ts';
import { type FilterReading, parseFilter } from './parse-filter.ts';
import { searchLimits } from './search-limits.ts';
import type { SearchRegistry } from './search-registry.ts';
import type { SearchTerminology } from './search-terminology.ts';

export interface SearchOptions {
  readonly registry: SearchRegistry;
  /** What to do with a parameter that is not known: refuse it, or leave it out with a warning (the default). */
  readonly handling?: 'strict' | 'lenient';
  /** References under this address count as local; the registry's own when absent. */
  readonly baseUrl?: string;
  /** For the modifiers that need codes; without it they are refused. */
  readonly terminology?: SearchTerminology;
}

export interface ParsedSearch {
  readonly query: SearchQuery;
  /** One warning for each parameter that was left out. */
  readonly ignored: readonly OperationOutcomeIssue[];
}

/** Nothing in it is percent-encoded. */
const readable = /^[\w\-.~:,/]*$/;

/** Percent-encoded, except for the characters that may stand in a query and are easier to read there. */
const encoded = (text: string) =>
  readable.test(text)
    ? text
    : encodeURIComponent(text).replace(/%(?:3A|2C|2F)/g, (code) => decodeURIComponent(code));

function unknownParameter(type: string, name: string, registry: SearchRegistry): OperationOutcomeIssue {
  const codes = [
    '_id',
    '_lastUpdated',
    ...registry.parameters(type).map(({ code }) => code),
    ...registry.composites(type).map(({ code }) => code),
  ].sort();
  return {
    severity: 'warning',
    code: 'not-supported',
    diagnostics: `${name} is not a search parameter of ${type} that this server supports. Supported: ${codes.join(', ')}.`,
  };
}

function queryOf(
  type: ResourceType,
  filters: readonly SearchFilter[],
  draft: Draft,
  understood: string,
): SearchQuery {
  const count = draft.count ?? searchLimits.usualCount;
  return {
    type,
    filters,
    sort: draft.sort ?? [],
    count,
    ...(draft.cursor !== undefined && { cursor: draft.cursor }),
    include: draft.include ?? [],
    revinclude: draft.revinclude ?? [],
    // A page of no matches is asked for to learn the total.
    total: draft.total ?? count === 0,
    understood,
  };
}

/** `params` in the order sent, percent-decoded. Throws FhirError 400 with the reason. */
export function parseSearch(
  type: ResourceType,
  params: readonly (readonly [name: string, value: string])[],
  options: SearchOptions,
): ParsedSearch {
  const { registry, handling = 'lenient', baseUrl = registry.baseUrl, terminology } = options;
  if (params.length > searchLimits.parameters) {
    throw invalid(
      `A search has at most ${searchLimits.parameters} parameters, this one has ${params.length}.`,
    );
  }
  const reading: FilterReading = { registry, baseUrl, terminology, spent: { values: 0, links: 0, tries: 0 } };
  const draft: Draft = {};
  const filters: SearchFilter[] = [];
  const understood: string[] = [];
  const ignored: OperationOutcomeIssue[] = [];
  for (const [name, value] of params) {
    const control = takeControl(draft, type, name, value, registry);
    if (control !== false) {
      if (control.understood !== undefined) {
        understood.push(`${encoded(name)}=${encoded(control.understood)}`);
      }
      continue;
    }
    const filter = parseFilter(type, name, value, reading);
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
  return { query: queryOf(type, filters, draft, understood.join('&')), ignored };
}
