// _count and _cursor of a history: https://hl7.org/fhir/R4/http.html#history
import { invalid } from '../fhir/error.ts';
import { queryValue } from './query-pairs.ts';
import type { QueryPairs } from './rest-system.ts';

export interface Page {
  readonly count: number;
  readonly cursor?: string;
}

const usualCount = 50;
const mostCount = 200;

/** Throws 400 for a _count that is no whole number from 1. More than the most is cut to the most. */
export function pageOf(query: QueryPairs): Page {
  const asked = queryValue(query, '_count');
  if (asked !== undefined && !/^[1-9]\d{0,8}$/.test(asked)) {
    throw invalid('_count must be a whole number from 1.', '_count');
  }
  const cursor = queryValue(query, '_cursor');
  return {
    count: asked === undefined ? usualCount : Math.min(Number(asked), mostCount),
    ...(cursor !== undefined && { cursor }),
  };
}
