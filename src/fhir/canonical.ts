// Canonical references: url|version. https://hl7.org/fhir/R4/references.html#canonical

export interface Canonical {
  readonly url: string;
  readonly version?: string;
}

/** Splits at the first bar; a fragment (#id) stays part of the url. */
export function parseCanonical(text: string): Canonical {
  const bar = text.indexOf('|');
  return bar < 0 ? { url: text } : { url: text.slice(0, bar), version: text.slice(bar + 1) };
}

/** The url alone. */
export const withoutVersion = (canonical: string): string => parseCanonical(canonical).url;

/** "url|version" of a conformance resource, or "url" when it has no version; undefined without a url. */
export function canonicalOf(resource: {
  readonly url?: string;
  readonly version?: string;
}): string | undefined {
  return resource.url && (resource.version ? `${resource.url}|${resource.version}` : resource.url);
}
