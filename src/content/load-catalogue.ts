// Reads fhir-profiles/ at start and refuses, with the file's name and what is wrong, when a file is broken.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { ObservationDefinition, Questionnaire, Resource } from '@medplum/fhirtypes';
import { parseCanonical } from '../fhir/canonical.ts';
import { expandValueSet } from '../fhir/validation/expand-value-set.ts';
import type { Catalogue, Definition } from './catalogue.ts';
import { compareVersions, contentCanonical } from './content-canonical.ts';
import { heldTerminology } from './held-terminology.ts';

/** Folders whose files are not our published content: HL7's own definitions, invented people, test fixtures. */
const notPublished: ReadonlySet<string> = new Set(['base', 'demo', 'examples']);

const scoredBy = 'https://w3id.org/alongside/fhir/StructureDefinition/scored-by';

/** Throws an Error that names the file and the fault; a service with broken content must not start. */
export function loadCatalogue(directory: string): Catalogue {
  return catalogueOf(
    contentFiles(directory).map((path) => readContent(directory, path)),
    join(directory, 'base'),
  );
}

/** Throws an Error when two resources have one name, or a score that a questionnaire names is not among them. */
export function catalogueOf(published: readonly Resource[], baseFolder: string): Catalogue {
  const byCanonical = groupByCanonical(published);

  const find = (canonical: string): Resource | undefined => {
    const { url, version } = parseCanonical(canonical);
    const versions = byCanonical.get(url) ?? [];
    if (version === undefined) return versions[0];
    return versions.find((resource) => contentCanonical(resource)?.version === version);
  };
  const questionnaire = (canonical: string): Questionnaire | undefined => {
    const found = find(canonical);
    return found?.resourceType === 'Questionnaire' ? found : undefined;
  };

  const scores = new Map<Questionnaire, readonly ObservationDefinition[]>();
  for (const resource of published) {
    if (resource.resourceType === 'Questionnaire') scores.set(resource, definitionsThatScore(resource, find));
  }

  const terminology = heldTerminology(published, find, baseFolder);
  return {
    ...terminology,
    published: () => published,
    codesOf(valueSet) {
      const list = expandValueSet(
        valueSet,
        (canonical) => terminology.valueSet(canonical),
        (canonical) => terminology.codeSystem(canonical),
      );
      return (
        list && Object.entries(list).flatMap(([system, codes]) => codes.map((code) => ({ system, code })))
      );
    },
    questionnaire,
    definition: (canonical) => {
      const found = find(canonical);
      return found && isDefinition(found) ? found : undefined;
    },
    library: (canonical) => {
      const found = find(canonical);
      return found?.resourceType === 'Library' ? found : undefined;
    },
    scoreDefinitions: (canonical) => {
      const found = questionnaire(canonical);
      return (found && scores.get(found)) ?? [];
    },
  };
}

function contentFiles(directory: string): string[] {
  const folders = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !notPublished.has(entry.name))
    .map((entry) => entry.name)
    .sort();
  return folders.flatMap((folder) =>
    readdirSync(join(directory, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && /^[A-Z].*\.json$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort(),
  );
}

function readContent(directory: string, path: string): Resource {
  const place = relative(directory, path);
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`Content file ${place} is not JSON`, { cause });
  }
  if (!isResource(parsed)) throw new Error(`Content file ${place} is no FHIR resource with an id`);
  const expected = `${parsed.resourceType}-${parsed.id}.json`;
  if (basename(path) !== expected) {
    throw new Error(`Content file ${place} must be named ${expected} after what it holds`);
  }
  return parsed;
}

function isResource(value: unknown): value is Resource & { id: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'resourceType' in value &&
    typeof value.resourceType === 'string' &&
    'id' in value &&
    typeof value.id === 'string'
  );
}

/** Newest version first; two files with one type and id, or one canonical and version, are refused. */
function groupByCanonical(resources: readonly Resource[]): ReadonlyMap<string, readonly Resource[]> {
  const seen = new Set<string>();
  const claim = (name: string) => {
    if (seen.has(name)) throw new Error(`Two content files hold ${name}`);
    seen.add(name);
  };
  const groups = new Map<string, Resource[]>();
  for (const resource of resources) {
    claim(`${resource.resourceType}/${resource.id ?? ''}`);
    const canonical = contentCanonical(resource);
    if (!canonical) continue;
    claim(`${canonical.url}|${canonical.version ?? ''}`);
    groups.set(canonical.url, [...(groups.get(canonical.url) ?? []), resource]);
  }
  for (const versions of groups.values()) {
    versions.sort((a, b) => compareVersions(contentCanonical(b)?.version, contentCanonical(a)?.version));
  }
  return groups;
}

function definitionsThatScore(
  questionnaire: Questionnaire,
  find: (canonical: string) => Resource | undefined,
): ObservationDefinition[] {
  return (questionnaire.extension ?? [])
    .filter((extension) => extension.url === scoredBy)
    .map((extension) => {
      const canonical = extension.valueCanonical ?? '';
      const found = find(canonical);
      if (found?.resourceType === 'ObservationDefinition') return found;
      throw new Error(
        `Content file for Questionnaire/${questionnaire.id} is scored by ${canonical}, which is no ObservationDefinition here`,
      );
    });
}

function isDefinition(resource: Resource): resource is Definition {
  return (
    resource.resourceType === 'PlanDefinition' ||
    resource.resourceType === 'ActivityDefinition' ||
    resource.resourceType === 'Questionnaire'
  );
}
