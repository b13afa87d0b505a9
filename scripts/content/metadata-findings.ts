// Every resource that we publish says what it is: address, version, state, date, publisher, what it is and what it is for.
import type { Resource } from '@medplum/fhirtypes';
import type { ContentFile, Finding } from './content-file.ts';

const wanted = [
  'url',
  'version',
  'status',
  'date',
  'publisher',
  'description',
  'purpose',
  'experimental',
] as const;

/** Without such elements in R4: HL7's artifact-* extensions stand in for them. */
const byExtension: ReadonlySet<string> = new Set(['ObservationDefinition']);

const artifact = 'http://hl7.org/fhir/StructureDefinition/artifact-';

/** R4 gives these no purpose; their description says it. */
const without: Readonly<Record<string, readonly string[]>> = {
  SearchParameter: [],
  ImplementationGuide: ['purpose'],
};

export function metadataFindings(files: readonly ContentFile[]): readonly Finding[] {
  return files
    .filter(({ folder }) => folder !== 'examples' && folder !== 'demo')
    .flatMap(({ file, resource }) =>
      wanted
        .filter((name) => !without[resource.resourceType]?.includes(name))
        .filter((name) => !isThere(resource, name))
        .map((name) => ({ file, fault: `has no ${name}` })),
    );
}

function isThere(resource: Resource, name: string): boolean {
  if (!byExtension.has(resource.resourceType)) {
    const value: unknown = Reflect.get(resource, name);
    return value !== undefined && value !== '';
  }
  const extensions = 'extension' in resource ? (resource.extension ?? []) : [];
  return extensions.some(({ url }) => url === `${artifact}${name}`);
}
