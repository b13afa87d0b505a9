// Where the terminology operations find code systems and value sets: by canonical, with or without |version.
import type { CodeSystem, ConceptMap, ValueSet } from '@medplum/fhirtypes';
import { parseCanonical } from '../fhir/canonical.ts';

export interface TermSource {
  /** Undefined when it is not held, or not in that version. */
  codeSystem(canonical: string): CodeSystem | undefined;
  valueSet(canonical: string): ValueSet | undefined;
}

/** Is this the resource that the canonical names? */
export function isNamedBy(resource: CodeSystem | ValueSet | ConceptMap, canonical: string): boolean {
  const { url, version } = parseCanonical(canonical);
  return resource.url === url && (version === undefined || resource.version === version);
}

/** A source that also knows the value set that came with the request. It comes first. */
export function withValueSet(source: TermSource, given: ValueSet): TermSource {
  return {
    ...source,
    valueSet: (canonical) => (isNamedBy(given, canonical) ? given : source.valueSet(canonical)),
  };
}
