// Whether a read has nothing new for whoever asks, as headers and Bundle.entry.request say it: https://hl7.org/fhir/R4/http.html#cread

const entityTag = /^(?:W\/)?"([^"]+)"$/;

/** What the client has already. */
export interface Held {
  /** If-None-Match: one ETag, several joined by commas, or "*" for any version. */
  readonly noneMatch?: string | undefined;
  /** The last instant, in milliseconds since the epoch, at which the client knows it; NaN for a date that cannot be read. */
  readonly unchangedSinceMs?: number | undefined;
}

/** If-None-Match wins over If-Modified-Since (RFC 9110 section 13.2.2). */
export function isNotModified(
  { noneMatch, unchangedSinceMs }: Held,
  version: { readonly versionId: string; readonly lastUpdated: string },
): boolean {
  if (noneMatch !== undefined) {
    return noneMatch
      .split(',')
      .map((tag) => tag.trim())
      .some((tag) => tag === '*' || entityTag.exec(tag)?.[1] === version.versionId);
  }
  return unchangedSinceMs !== undefined && Date.parse(version.lastUpdated) <= unchangedSinceMs;
}
