// Resources to hold validation to: all that we publish, and where they lie beside this checkout, HL7's R4 examples and Synthea's records.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Resource } from '@medplum/fhirtypes';

const published = new URL('../../../fhir-profiles/', import.meta.url);
const data = new URL('../../../../shared/data/', import.meta.url);

export function corpus(): readonly Resource[] {
  const ours = readdirSync(published, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'base')
    .flatMap((folder) => resourcesIn(new URL(`${folder.name}/`, published)));
  const records = resourcesIn(new URL('synthea/', data)).flatMap(sampled);
  return [...ours, ...resourcesIn(new URL('r4-examples/', data)), ...records].filter(isSmall);
}

function resourcesIn(folder: URL): readonly Resource[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
    .filter(isResource);
}

/** Some of each type in a record: one Observation is much like the other. */
function sampled(record: Resource): readonly Resource[] {
  const all =
    record.resourceType === 'Bundle' ? (record.entry ?? []).flatMap((entry) => entry.resource ?? []) : [];
  const counts = new Map<string, number>();
  return all.filter(({ resourceType }) => {
    const count = (counts.get(resourceType) ?? 0) + 1;
    counts.set(resourceType, count);
    return count <= 3;
  });
}

function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && 'resourceType' in value;
}

/** The library takes its time; what is larger than this holds nothing that is not in smaller ones. */
function isSmall(resource: Resource): boolean {
  return JSON.stringify(resource).length < 20_000;
}
