// Orders the versions of a protocol by their numbers.

/** 1.2.0 comes before 1.10.0; a course that names no version began before all that have one. */
export function isEarlierVersion(version: string | undefined, than: string | undefined): boolean {
  return (version ?? '').localeCompare(than ?? '', 'en', { numeric: true }) < 0;
}
