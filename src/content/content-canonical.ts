// What a content file is called: its canonical URL and version, also for the R4 types that have no such elements.
import type { Extension, Resource } from '@medplum/fhirtypes';
import type { Canonical } from '../fhir/canonical.ts';

/** R4 ObservationDefinition has neither url nor version; these extensions of HL7's pack carry them. */
const artifactUrl = 'http://hl7.org/fhir/StructureDefinition/artifact-url';
const artifactVersion = 'http://hl7.org/fhir/StructureDefinition/artifact-version';

/** Undefined for a resource that has no canonical URL, such as a Patient. */
export function contentCanonical(resource: Resource): Canonical | undefined {
  const extensions = 'extension' in resource ? (resource.extension ?? []) : [];
  const url = stringAt(resource, 'url') ?? extensionValue(extensions, artifactUrl)?.valueUri;
  const version = stringAt(resource, 'version') ?? extensionValue(extensions, artifactVersion)?.valueString;
  return url === undefined ? undefined : { url, ...(version !== undefined && { version }) };
}

/** Orders versions such as 1.2.0 and 1.10.0 by their numbers; a missing version is the oldest. */
export function compareVersions(a: string | undefined, b: string | undefined): number {
  return (a ?? '').localeCompare(b ?? '', 'en', { numeric: true });
}

function stringAt(resource: object, key: string): string | undefined {
  const value: unknown = Reflect.get(resource, key);
  return typeof value === 'string' ? value : undefined;
}

function extensionValue(extensions: readonly Extension[], url: string): Extension | undefined {
  return extensions.find((extension) => extension.url === url);
}
