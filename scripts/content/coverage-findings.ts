// Nothing is published without being shown: every profile has an instance, every questionnaire an answer, every element of therapy what a library needs.
import type { ActivityDefinition, Resource } from '@medplum/fhirtypes';
import { canonicalBase } from '../../src/content/catalogue.ts';
import { parseCanonical } from '../../src/fhir/canonical.ts';
import type { ContentFile, Finding } from './content-file.ts';

const elementSystem = `${canonicalBase}CodeSystem/pss-element`;
const inLibrary = ['leaflet', 'therapist-hint', 'indication', 'contraindication', 'duration-minutes'];

export function coverageFindings(files: readonly ContentFile[]): readonly Finding[] {
  const examples = files.filter(({ folder }) => folder === 'examples' || folder === 'demo');
  const shown = new Set(examples.flatMap(({ resource }) => canonicalsShown(resource)));
  return files.flatMap(({ file, resource }) => {
    const faults =
      resource.resourceType === 'StructureDefinition' && resource.type !== 'Extension'
        ? unless(shown.has(resource.url), 'no example claims this profile')
        : resource.resourceType === 'Questionnaire'
          ? unless(shown.has(resource.url ?? ''), 'no example answers this questionnaire')
          : resource.resourceType === 'ActivityDefinition'
            ? libraryFaults(resource)
            : [];
    return faults.map((fault) => ({ file, fault }));
  });
}

const unless = (holds: boolean, fault: string): readonly string[] => (holds ? [] : [fault]);

/** The profiles that it claims and the questionnaire that it answers, those of the entries of a Bundle too. */
function canonicalsShown(resource: Resource): readonly string[] {
  const own = [
    ...(resource.meta?.profile ?? []),
    ...(resource.resourceType === 'QuestionnaireResponse' && resource.questionnaire
      ? [resource.questionnaire]
      : []),
  ].map((canonical) => parseCanonical(canonical).url);
  const entries = resource.resourceType === 'Bundle' ? (resource.entry ?? []) : [];
  return [...own, ...entries.flatMap((entry) => (entry.resource ? canonicalsShown(entry.resource) : []))];
}

/** An activity of one of the four elements is chosen from a library: it says for whom, for whom not, how long, and what the person reads. */
function libraryFaults({ topic, extension }: ActivityDefinition): readonly string[] {
  const isElement = topic?.some(({ coding }) => coding?.some(({ system }) => system === elementSystem));
  if (!isElement) return [];
  const present = new Set(extension?.map(({ url }) => url.slice(url.lastIndexOf('/') + 1)));
  return inLibrary.filter((name) => !present.has(name)).map((name) => `has no ${name}`);
}
