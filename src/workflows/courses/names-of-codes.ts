// What codes are called in every language of the content, for an answer that people read.
import type { CodeableConcept, CodeSystemConcept, Coding } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { asItIs, type Said, saidAs } from '../../course/said.ts';

/** Those of a code system of ours (url), in its order; none when it is not published. */
export function conceptsIn(catalogue: Catalogue, system: string): readonly CodeSystemConcept[] {
  return catalogue.codeSystem(system)?.concept ?? [];
}

export const nameOf = ({ code, display, designation = [] }: CodeSystemConcept): Said => ({
  text: display ?? code ?? '',
  translations: Object.fromEntries(designation.map(({ language, value }) => [language ?? '', value])),
});

/** As conceptsIn, each with its name. */
export function namedConcepts(
  catalogue: Catalogue,
  system: string,
): readonly { readonly code: string; readonly title: Said }[] {
  return conceptsIn(catalogue, system).flatMap((concept) =>
    concept.code === undefined ? [] : [{ code: concept.code, title: nameOf(concept) }],
  );
}

/** In the words of the record where it has some, with what the content has in other languages. */
export function nameOfCode(catalogue: Catalogue, { system = '', code, display }: Coding): Said {
  const concept = conceptsIn(catalogue, system).find((each) => each.code === code);
  if (!concept) return asItIs(display ?? code ?? '');
  const name = nameOf(concept);
  return display === undefined ? name : { ...name, text: display };
}

export const namedCoding = <T extends Coding>(catalogue: Catalogue, coding: T): T => ({
  ...coding,
  ...saidAs('display', nameOfCode(catalogue, coding)),
});

export const namedConcept = (catalogue: Catalogue, concept: CodeableConcept): CodeableConcept =>
  concept.coding
    ? { ...concept, coding: concept.coding.map((coding) => namedCoding(catalogue, coding)) }
    : concept;

/** In words alone: those that were given, else what the first code is called. */
export const inWords = (catalogue: Catalogue, { text, coding }: CodeableConcept): Said =>
  text === undefined ? nameOfCode(catalogue, coding?.[0] ?? {}) : asItIs(text);
