// Every text of ours stands in English and in Dutch; the text of a validated instrument stands as it was published, without a translation of ours.
import type { Extension, QuestionnaireItem, Resource } from '@medplum/fhirtypes';
import { canonicalBase } from '../../src/content/catalogue.ts';
import type { ContentFile, Finding } from './content-file.ts';
import { textsOf } from './read-texts.ts';

const validatedText = `${canonicalBase}StructureDefinition/validated-text`;
const languages = ['nl'];

export function translationFindings(files: readonly ContentFile[]): readonly Finding[] {
  return files
    .filter(({ folder }) => folder !== 'examples' && folder !== 'demo')
    .flatMap(({ file, resource }) => {
      const isPublished = publishedWords(resource);
      return textsOf(resource).flatMap(({ place, inLanguage }) => {
        if (isPublished(place)) {
          return inLanguage.size === 1
            ? []
            : [{ file, fault: `${place}: the text of a validated instrument is translated here` }];
        }
        return languages
          .filter((language) => !inLanguage.has(language))
          .map((language) => ({ file, fault: `${place}: has no text in ${language}` }));
      });
    });
}

/** Tells of a place in a resource whether it holds words of a published instrument, which are not ours to change. */
export function publishedWords(resource: Resource): (place: string) => boolean {
  if (resource.resourceType !== 'Questionnaire' || marked(resource.extension) !== true) return () => false;
  const ours: string[] = [];
  const visit = (items: readonly QuestionnaireItem[] | undefined, place: string): void => {
    for (const [index, item] of (items ?? []).entries()) {
      const here = `${place}.item[${index}]`;
      if (marked(item.extension) === false) ours.push(`${here}.`);
      visit(item.item, here);
    }
  };
  visit(resource.item, 'Questionnaire');
  return (place) => place.includes('.item[') && !ours.some((each) => place.startsWith(each));
}

const marked = (extensions: readonly Extension[] | undefined): boolean | undefined =>
  extensions?.find(({ url }) => url === validatedText)?.valueBoolean;
