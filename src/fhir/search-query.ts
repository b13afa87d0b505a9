// A search as understood: what the request asked for, resolved against the R4 SearchParameters. Adapters compile it into SQL.
import type { ResourceType } from '@medplum/fhirtypes';

/** Comparison prefixes of https://hl7.org/fhir/R4/search.html#prefix. */
export type Prefix = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb' | 'ap';

/** Half-open interval of instants in milliseconds since the epoch, from a date of any precision. */
export interface Interval {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What is asked of the values of one parameter; any of the values given will do. */
export type ValueTest =
  | {
      readonly kind: 'string';
      readonly modifier?: 'exact' | 'contains';
      /** Already folded (lower case, accents removed) unless the modifier is exact. */
      readonly values: readonly string[];
    }
  | {
      readonly kind: 'token';
      /** of-type: the values are identifiers' types, each with "type|value" as its code. */
      readonly modifier?: 'not' | 'of-type';
      /** system undefined: any system; system "" : explicitly none. code undefined: any code of the system. */
      readonly values: readonly { readonly system?: string; readonly code?: string }[];
    }
  | {
      readonly kind: 'reference';
      /** type undefined: any target type. `url` for absolute or canonical references. */
      readonly values: readonly { readonly type?: string; readonly id?: string; readonly url?: string }[];
    }
  | {
      readonly kind: 'date';
      readonly values: readonly { readonly prefix: Prefix; readonly interval: Interval }[];
    }
  | {
      readonly kind: 'number';
      readonly values: readonly {
        readonly prefix: Prefix;
        readonly low: number;
        readonly high: number;
        readonly value: number;
      }[];
    }
  | {
      readonly kind: 'quantity';
      readonly values: readonly {
        readonly prefix: Prefix;
        readonly low: number;
        readonly high: number;
        readonly value: number;
        readonly system?: string;
        readonly code?: string;
      }[];
    }
  | { readonly kind: 'uri'; readonly modifier?: 'below' | 'above'; readonly values: readonly string[] }
  /** Words beside a code; folded. */
  | { readonly kind: 'text'; readonly values: readonly string[] }
  /** Any of many codes (a value set, a branch of a hierarchy), or none of them. */
  | {
      readonly kind: 'codes';
      readonly isNegated: boolean;
      readonly groups: readonly { readonly system: string; readonly codes: readonly string[] }[];
    }
  | { readonly kind: 'missing'; readonly missing: boolean };

export type FilterTest =
  | ValueTest
  | { readonly kind: 'id'; readonly ids: readonly string[] }
  /** Each value has one test for each component; all of them must hold in the same element. */
  | { readonly kind: 'composite'; readonly values: readonly (readonly ValueTest[])[] }
  /** The reference leads to a resource that fulfils the filter of its type. */
  | {
      readonly kind: 'chain';
      readonly links: readonly { readonly type: ResourceType; readonly filter: SearchFilter }[];
    }
  /** A resource of `type` fulfils the filter and points here by its parameter `reference`. */
  | {
      readonly kind: 'has';
      readonly type: ResourceType;
      readonly reference: string;
      readonly filter: SearchFilter;
    };

/** One AND-ed condition; the values inside it are OR-ed. */
export interface SearchFilter {
  /** The parameter's code, such as "code", "_id", "_lastUpdated" or "_has". */
  readonly parameter: string;
  readonly test: FilterTest;
}

export interface SortKey {
  readonly parameter: string;
  readonly descending: boolean;
}

export interface IncludeRule {
  /** The type that holds the reference. */
  readonly sourceType: ResourceType;
  /** The reference search parameter; "*" is refused when parsing. */
  readonly parameter: string;
  readonly targetType?: ResourceType;
  /** :iterate: it is applied to what is included too, and not only to the matches. */
  readonly isIterated?: boolean;
}

export interface SearchQuery {
  readonly type: ResourceType;
  readonly filters: readonly SearchFilter[];
  readonly sort: readonly SortKey[];
  /** Page size, 0 to 200; 0 asks for the total alone. */
  readonly count: number;
  readonly cursor?: string;
  readonly include: readonly IncludeRule[];
  readonly revinclude: readonly IncludeRule[];
  readonly total: boolean;
  /** The query string as understood, for the self link and the audit row. */
  readonly understood: string;
}
