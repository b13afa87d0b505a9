// Reads a query string or a form body strictly: bytes that are no UTF-8 are refused, not replaced.
import { malformed } from '../fhir/error.ts';
import type { QueryPairs } from './rest-system.ts';

function decode(part: string): string {
  const spaced = part.includes('+') ? part.replaceAll('+', ' ') : part;
  let text = spaced;
  if (spaced.includes('%')) {
    try {
      text = decodeURIComponent(spaced);
    } catch (cause) {
      throw Object.assign(malformed('The query is not percent-encoded UTF-8.'), { cause });
    }
  }
  if (text.includes('\u0000')) {
    throw malformed('The query contains a NUL character.');
  }
  return text;
}

/** Splits "a=1&b=2" into pairs, in order. Throws FhirError 400 for wrong percent-encoding. */
export function queryPairs(text: string): QueryPairs {
  if (text === '') {
    return [];
  }
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))];
    });
}

/** The first value of a name. */
export function queryValue(pairs: QueryPairs, name: string): string | undefined {
  return pairs.find((pair) => pair[0] === name)?.[1];
}
