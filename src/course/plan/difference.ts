// One difference between protocol, plan and what took place: with a reason it is tailoring, without one a question.
import type { CodeableConcept, Coding } from '@medplum/fhirtypes';
import type { Said } from '../said.ts';
import type { Explanation } from './layers.ts';

/** Those after "length" are codes of CodeSystem/plan-deviation. */
type DifferenceCode =
  | 'session-count'
  | 'dropped'
  | 'added'
  | 'moved'
  | 'length'
  | 'session-not-recorded'
  | 'element-not-used'
  | 'element-not-planned';

export interface Difference {
  readonly code: DifferenceCode;
  readonly verdict: 'tailored' | 'unexplained';
  readonly text: Said;
  readonly element?: Coding;
  /** Each once, however often it was given. */
  readonly reasons: readonly CodeableConcept[];
  /** Where the reasons stand, each time that one was given, with its date. */
  readonly sources: readonly string[];
}

export interface Reasons {
  readonly reasons: readonly CodeableConcept[];
  readonly sources: readonly string[];
}

export const difference = (
  code: DifferenceCode,
  text: Said,
  { reasons, sources }: Reasons,
  element?: Coding,
): Difference => ({
  code,
  verdict: reasons.length > 0 ? 'tailored' : 'unexplained',
  text,
  ...(element && { element }),
  reasons: [...new Map(reasons.map((reason) => [saidBy(reason), reason])).values()],
  sources: [...new Set(sources)],
});

/** The same codes and the same words are the same reason. */
const saidBy = ({ coding = [], text = '' }: CodeableConcept): string =>
  JSON.stringify([text, ...coding.map(({ system, code }) => [system, code])]);

export const reasonsIn = (explanations: readonly Explanation[]): Reasons => ({
  reasons: explanations.map(({ reason }) => reason),
  sources: explanations.map(({ source }) => source),
});
