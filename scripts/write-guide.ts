// Lists what fhir-profiles publishes, and its examples, in the ImplementationGuide and in the README; people write what stands above the lists.
// `--check` only tells whether a list is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type {
  ImplementationGuide,
  ImplementationGuideDefinition,
  ImplementationGuideDefinitionResource,
} from '@medplum/fhirtypes';
import { artefactList } from './content/artefact-list.ts';
import { type ContentFile, readContentFiles } from './content/content-file.ts';
import { formatFiles } from './content/format-files.ts';

const content = join(import.meta.dirname, '..', 'fhir-profiles');
const path = join(content, 'capability', 'ImplementationGuide-alongside.json');

/** A part of the guide for each folder, in this order. */
const parts: Readonly<Record<string, string>> = {
  plans: 'Plans and activities',
  questionnaires: 'Questionnaires',
  observations: 'Scores',
  measures: 'Measures',
  wording: 'Wording',
  profiles: 'Profiles and extensions',
  terminology: 'Terminology',
  capability: 'Operations and search parameters',
  examples: 'Examples, all invented',
};
const folders = Object.keys(parts);

const readmePath = join(content, 'README.md');
const listHeading = '## Every artefact, by purpose';

const isCheck = process.argv.includes('--check');
const { files } = readContentFiles(content);

const guide = JSON.parse(readFileSync(path, 'utf8')) as ImplementationGuide;
const definition = listed(files);
if (!isDeepStrictEqual(guide.definition, definition)) {
  if (isCheck) tellStale('capability/ImplementationGuide-alongside.json');
  else {
    writeFileSync(path, `${JSON.stringify({ ...guide, definition }, null, 2)}\n`);
    formatFiles([path]);
    process.stdout.write(`${definition.resource.length} resources in the guide\n`);
  }
}

const readme = readFileSync(readmePath, 'utf8');
const [written = ''] = readme.split(listHeading);
const wanted = `${written}${listHeading}\n\nWritten by \`npm run generate\`.\n\n${artefactList(files)}`;
if (readme !== wanted) {
  if (isCheck) tellStale('README.md');
  else writeFileSync(readmePath, wanted);
}

function tellStale(file: string): void {
  process.stdout.write(`stale: fhir-profiles/${file}\n`);
  process.exitCode = 1;
}

/** Invented people of the demo are no part of the guide, and it does not name itself. */
function listed(files: readonly ContentFile[]): ImplementationGuideDefinition {
  const entries = files
    .filter(({ folder, resource }) => folder !== 'demo' && resource.resourceType !== 'ImplementationGuide')
    .toSorted((a, b) => placeOf(a) - placeOf(b))
    .map(entryOf);
  const used = new Set(entries.map(({ groupingId }) => groupingId));
  return {
    grouping: folders.filter((id) => used.has(id)).map((id) => ({ id, name: parts[id] ?? id })),
    resource: entries,
  };
}

function placeOf({ file, folder }: ContentFile): number {
  const place = folders.indexOf(folder);
  if (place < 0) throw new Error(`${file}: the guide has no part for the folder ${folder}`);
  return place;
}

function entryOf({ folder, resource }: ContentFile): ImplementationGuideDefinitionResource {
  const description = textAt(resource, 'description') ?? artifactDescription(resource);
  const [profile] = resource.meta?.profile ?? [];
  return {
    reference: { reference: `${resource.resourceType}/${resource.id}` },
    name:
      textAt(resource, 'title') ??
      textAt(resource, 'preferredReportName') ??
      resource.id?.replaceAll('-', ' '),
    ...(description !== undefined && { description }),
    ...(folder === 'examples' &&
      (profile === undefined ? { exampleBoolean: true } : { exampleCanonical: profile })),
    groupingId: folder,
  };
}

/** Undefined for an element that is no text, such as the description of a Goal. */
function textAt(resource: object, element: string): string | undefined {
  const value: unknown = Reflect.get(resource, element);
  return typeof value === 'string' ? value : undefined;
}

/** R4 ObservationDefinition has no description; an extension of HL7's carries it. */
function artifactDescription(resource: ContentFile['resource']): string | undefined {
  const extensions = 'extension' in resource ? (resource.extension ?? []) : [];
  return extensions.find(({ url }) => url.endsWith('/artifact-description'))?.valueMarkdown;
}
