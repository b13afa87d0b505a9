// What codes are called in every language of the content, for an answer that people read.
import type { CodeableConcept, Coding } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { asItIs, type Said, saidAs } from '../../course/said.ts';
import { nameOf } from '../next-steps/next-step-content.ts';

/** In the words of the record where it has some, with what the content has in other languages. */
export function nameOfCode(catalogue: Catalogue, { system = '', code, display }: Coding): Said {
  const concept = catalogue.codeSystem(system)?.concept?.find((each) => each.code === code);
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
