// The texts of a resource that people read, each in all the languages that it stands in.
import type { Extension } from '@medplum/fhirtypes';
import { canonicalBase } from '../../src/content/catalogue.ts';
import { type ContentFile, visitObjects } from './content-file.ts';

const translationUrl = 'http://hl7.org/fhir/StructureDefinition/translation';

/** What people read, wherever it stands. Names of parameters and elements are for programmers and stay English. */
const readEverywhere: ReadonlySet<string> = new Set([
  'title',
  'description',
  'purpose',
  'usage',
  'textEquivalent',
  'guidance',
  'disclaimer',
  'rationale',
  'clinicalRecommendationStatement',
  'preferredReportName',
  'valueMarkdown',
]);

/** What programmers read, and what a machine made. */
const notRead =
  /\.(snapshot|differential|parameter|contact|copyright)\b|\.valueExpression\b|^ImplementationGuide\.definition\b/;

/** The words of a licence are not ours to translate. */
const licence = 'http://hl7.org/fhir/StructureDefinition/artifact-copyright';

export interface ReadText {
  readonly place: string;
  /** By language code; "en" is the element itself. */
  readonly inLanguage: ReadonlyMap<string, string>;
}

export function textsOf(resource: ContentFile['resource']): readonly ReadText[] {
  const found: ReadText[] = [];
  const type = resource.resourceType;
  visitObjects(resource, type, (element, place) => {
    if (notRead.test(place) || element['url'] === licence) return;
    for (const [key, value] of Object.entries(element)) {
      if (typeof value !== 'string') continue;
      const isRead = readEverywhere.has(key) || isReadHere(type, place, key, element);
      if (isRead) {
        const inLanguage = new Map([['en', value] as const, ...translationsOf(element, key)]);
        found.push({ place: `${place}.${key}`, inLanguage });
      }
    }
  });
  return found;
}

function isReadHere(
  type: string,
  place: string,
  key: string,
  element: Readonly<Record<string, unknown>>,
): boolean {
  const parent = place.slice(place.lastIndexOf('.') + 1);
  switch (key) {
    case 'text':
      return (
        (type === 'Questionnaire' && /\.item\[\d+\]$/.test(place)) ||
        (type === 'PlanDefinition' && /\.goal\[\d+\]\.(description|category)$/.test(place)) ||
        (type === 'ActivityDefinition' && parent === 'valueCodeableConcept') ||
        (type === 'ObservationDefinition' && place.endsWith('.method'))
      );
    case 'display':
      return (
        (type === 'CodeSystem' && /\.concept\[\d+\]$/.test(place)) ||
        element['type'] === 'justification' ||
        (parent === 'valueCoding' &&
          place.includes('.answerOption[') &&
          String(element['system']).startsWith(canonicalBase))
      );
    case 'definition':
      return type === 'CodeSystem' && /\.concept\[\d+\]$/.test(place);
    case 'valueString':
      return element['url'] === 'explanation' || element['url'] === 'statement';
    default:
      return false;
  }
}

/** By translation extensions, and for the display of a concept by designations. */
function translationsOf(
  element: Readonly<Record<string, unknown>>,
  key: string,
): readonly (readonly [language: string, text: string])[] {
  const beside = element[`_${key}`] as { readonly extension?: readonly Extension[] } | undefined;
  const byExtension = (beside?.extension ?? [])
    .filter(({ url }) => url === translationUrl)
    .map(({ extension = [] }): readonly [string, string] => [
      extension.find(({ url }) => url === 'lang')?.valueCode ?? '',
      extension.find(({ url }) => url === 'content')?.valueString ?? '',
    ]);
  const designations = key === 'display' ? element['designation'] : undefined;
  const byDesignation = (Array.isArray(designations) ? designations : []).map(
    ({ language = '', value = '' }: { readonly language?: string; readonly value?: string }) =>
      [language, value] as const,
  );
  return [...byExtension, ...byDesignation].filter(([, text]) => text.trim() !== '');
}
