// Reads the sentences of a course from the content, in every language that it has.
import type { CodeableConcept } from '@medplum/fhirtypes';
import type { Catalogue } from '../../content/catalogue.ts';
import { type ReasonSentence, type Sentences, sentenceSystem } from '../../course/course-sentences.ts';
import { filled, saidConcept } from '../../course/said.ts';
import type { WorkflowContext } from '../context.ts';
import { conceptsIn, nameOf } from './names-of-codes.ts';

/** Throws an Error (a fault of our content) for a sentence that is not published. */
export const sentencesOf =
  (catalogue: Catalogue): Sentences =>
  (code, values = {}) => {
    const concept = conceptsIn(catalogue, sentenceSystem).find((each) => each.code === code);
    if (!concept) throw new Error(`${sentenceSystem} has no sentence "${code}"`);
    return filled(nameOf(concept), values);
  };

/** Why something is not open any more, as a status says it. */
export const reasonOf = ({ catalogue }: WorkflowContext, code: ReasonSentence): CodeableConcept =>
  saidConcept(sentencesOf(catalogue)(code));
