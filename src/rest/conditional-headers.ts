// Version-aware headers: https://hl7.org/fhir/R4/http.html#concurrency and https://hl7.org/fhir/R4/http.html#cread

const entityTag = /^(?:W\/)?"([^"]+)"$/;

/** Whether a read may be answered with 304. If-None-Match wins over If-Modified-Since (RFC 9110 section 13.2.2). */
export function isNotModified(
  headers: {
    readonly 'if-none-match'?: string | undefined;
    readonly 'if-modified-since'?: string | undefined;
  },
  version: { readonly versionId: string; readonly lastUpdated: string },
): boolean {
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) {
    return noneMatch
      .split(',')
      .map((tag) => tag.trim())
      .some((tag) => tag === '*' || entityTag.exec(tag)?.[1] === version.versionId);
  }
  const since = headers['if-modified-since'];
  if (since === undefined) {
    return false;
  }
  // HTTP dates carry whole seconds, stored instants milliseconds. A date that cannot be read is NaN: never "not modified".
  const changedAtSeconds = Math.floor(Date.parse(version.lastUpdated) / 1000);
  return changedAtSeconds <= Date.parse(since) / 1000;
}
