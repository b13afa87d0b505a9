// What both ways of taking resources out of a response share: the answers, where issues go, and what may not be taken.
// https://hl7.org/fhir/uv/sdc/extraction.html
import type {
  BundleEntry,
  Coding,
  Questionnaire,
  QuestionnaireItem,
  QuestionnaireResponse,
  QuestionnaireResponseItem,
  Resource,
} from '@medplum/fhirtypes';
import type { IssueList } from './issue-list.ts';
import type { LookUps, Trust } from './look-ups.ts';

interface ExtractionLookUps extends LookUps {
  /** A resource as the asker sees it; undefined when they do not. */
  read(type: string, id: string): Promise<Resource | undefined>;
  /** Whether a resource belongs to the record of the response's subject, or is the subject. */
  isAboutSubject(resource: Resource): boolean;
  /** Whether a resource names a patient who is not the response's subject. */
  isAboutAnother(resource: Resource): boolean;
}

export interface Extraction {
  readonly questionnaire: Questionnaire;
  readonly trust: Trust;
  /** Complete, and fitting the Questionnaire (checkAnswers). */
  readonly response: QuestionnaireResponse;
  /** "QuestionnaireResponse/x", when it is stored. */
  readonly source: string | undefined;
  readonly subject: Resource | undefined;
  readonly newId: () => string;
  /** Is a score with this code computed by this service itself? */
  readonly isOwnScore: (coding: Coding) => boolean;
  readonly lookUps: ExtractionLookUps;
  readonly issues: IssueList;
}

/** A new resource in a transaction, and the address by which others in it refer to it. */
export function createEntry<T extends Resource>(fullUrl: string, resource: T): BundleEntry<T> {
  return { fullUrl, resource, request: { method: 'POST', url: resource.resourceType } };
}

/** The answers that were given to an item, in order: several for a group that repeats. */
export function given(
  item: QuestionnaireItem,
  responses: readonly QuestionnaireResponseItem[] | undefined,
): readonly QuestionnaireResponseItem[] {
  return (responses ?? []).filter(({ linkId }) => linkId === item.linkId);
}

export const scoresAreOurs =
  'scores are computed by this service from the answers and never taken from what a form states';
