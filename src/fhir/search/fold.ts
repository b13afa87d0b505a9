// The one way in which strings are made comparable, on the index and in the query alike.
// https://hl7.org/fhir/R4/search.html#string : case and accents do not matter.

const longestIndexed = 500;

/** Lower case, accents removed, white space collapsed; at most 500 characters. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longestIndexed);
}
