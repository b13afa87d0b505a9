// The code systems and value sets that this service holds: its own, which it publishes, and those of R4, read when first asked for.
import type { CodeSystem, Resource, ValueSet } from '@medplum/fhirtypes';
import { parseCanonical } from '../fhir/canonical.ts';
import { type BaseTerminology, readBaseTerminology } from './base-terminology.ts';

export interface HeldTerminology {
  /** By canonical, with or without |version; undefined for another version than the one held. */
  codeSystem(canonical: string): CodeSystem | undefined;
  valueSet(canonical: string): ValueSet | undefined;
  /** The urls of ours, and how many of R4's there are beside them. */
  heldUrls(type: 'CodeSystem' | 'ValueSet'): { readonly ours: readonly string[]; readonly ofR4: number };
}

/** `find` gives what is published, by canonical. */
export function heldTerminology(
  published: readonly Resource[],
  find: (canonical: string) => Resource | undefined,
  baseFolder: string,
): HeldTerminology {
  let read: BaseTerminology | undefined;
  const base = () => {
    read ??= readBaseTerminology(baseFolder);
    return read;
  };
  return {
    codeSystem(canonical) {
      const own = find(canonical);
      return own?.resourceType === 'CodeSystem' ? own : ofVersion(base().codeSystems, canonical);
    },
    valueSet(canonical) {
      const own = find(canonical);
      return own?.resourceType === 'ValueSet' ? own : ofVersion(base().valueSets, canonical);
    },
    heldUrls(type) {
      const ours = published.flatMap((each) =>
        each.resourceType === type && 'url' in each && each.url !== undefined ? [each.url] : [],
      );
      return { ours, ofR4: (type === 'CodeSystem' ? base().codeSystems : base().valueSets).size };
    },
  };
}

function ofVersion<T extends CodeSystem | ValueSet>(
  held: ReadonlyMap<string, T>,
  canonical: string,
): T | undefined {
  const { url, version } = parseCanonical(canonical);
  const found = held.get(url);
  return version === undefined || found?.version === version ? found : undefined;
}
