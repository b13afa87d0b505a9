// What filling and extracting need to know of the stored record. The caller answers, with the eyes of whoever asks; here nothing is read.
import type { Coding, Observation, OperationOutcomeIssue, Resource } from '@medplum/fhirtypes';

export type LookedUp<T> =
  | { readonly kind: 'found'; readonly value: T }
  /** Not asked, or not answered: never to be taken for "there is none". `why` follows a colon in a sentence. */
  | { readonly kind: 'not-known'; readonly code: OperationOutcomeIssue['code']; readonly why: string };

/** Whether a Questionnaire's expressions may be run: only what this service publishes is trusted that far (matches() can hang). */
export type Trust = 'published' | 'foreign';

export interface LookUps {
  /** The resources about the subject (or open to all) that a query such as "Condition?patient=x" finds, in its order. */
  search(query: string): Promise<LookedUp<readonly Resource[]>>;
}

export interface PopulationLookUps extends LookUps {
  /** The newest usable Observation of the subject with one of these codes, from `since` until now. */
  newestObservation(codes: readonly Coding[], since: Date): Promise<LookedUp<Observation | undefined>>;
  /** Whether a value set holds a code; undefined when its codes are not at hand. */
  isMember(valueSet: string, coding: Coding): boolean | undefined;
  /** Whether a resource with this element would be valid R4. */
  isValidAnswer(answer: object): boolean;
}
