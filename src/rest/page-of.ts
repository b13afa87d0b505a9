// What a history is asked for: https://hl7.org/fhir/R4/http.html#history
import { invalid } from '../fhir/error.ts';
import { dateInterval } from '../fhir/search/date-interval.ts';
import type { Interval } from '../fhir/search-query.ts';
import type { HistoryQuery } from '../store/store.ts';
import { queryValue } from './query-pairs.ts';
import type { QueryPairs } from './rest-system.ts';

export interface AskedHistory {
  readonly query: HistoryQuery;
  /** _since and _at as they were sent, for links to the same. */
  readonly understood: string;
}

/** The order of every history. */
const inOrder = '-_lastUpdated';
const usualCount = 50;
const mostCount = 200;

function intervalOf(name: '_since' | '_at', text: string): Interval {
  // A "+" that was not percent-encoded arrives as a space.
  const interval = dateInterval(text.replace(' ', '+'));
  if (interval === undefined) {
    throw invalid(`${name} must be a date or an instant such as 2026-11-20T09:00:00Z.`, name);
  }
  return interval;
}

/**
 * Throws 400 for a _count that is no whole number from 1, a time that is none, and for what would narrow or turn the history and is
 * not served. More than the most is cut to the most.
 */
export function historyAsked(query: QueryPairs): AskedHistory {
  const asked = queryValue(query, '_count');
  if (asked !== undefined && !/^[1-9]\d{0,8}$/.test(asked)) {
    throw invalid('_count must be a whole number from 1.', '_count');
  }
  for (const name of ['_list', '_type']) {
    if (queryValue(query, name) !== undefined) {
      throw invalid(`${name} is not supported for a history.`, name);
    }
  }
  if ((queryValue(query, '_sort') ?? inOrder) !== inOrder) {
    throw invalid(`_sort: a history comes newest first (${inOrder}).`, '_sort');
  }
  const cursor = queryValue(query, '_cursor');
  const since = queryValue(query, '_since');
  const at = queryValue(query, '_at');
  const times = [
    ...(since === undefined ? [] : [`_since=${encodeURIComponent(since)}`]),
    ...(at === undefined ? [] : [`_at=${encodeURIComponent(at)}`]),
  ];
  return {
    query: {
      count: asked === undefined ? usualCount : Math.min(Number(asked), mostCount),
      ...(cursor !== undefined && { cursor }),
      ...(since !== undefined && { sinceMs: intervalOf('_since', since).fromMs }),
      ...(at !== undefined && { at: intervalOf('_at', at) }),
    },
    understood: times.join('&'),
  };
}
