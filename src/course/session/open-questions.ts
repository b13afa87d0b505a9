// What is still open since the last session: questions in the shared explanation, and messages that nobody answered.
import type { ClinicalImpression, Communication, Extension } from '@medplum/fhirtypes';

const openMarks: ReadonlySet<string> = new Set(['open', 'unsure', 'not-sure', 'unknown']);

const marksOpen = ({ valueCode, valueCoding, valueCodeableConcept }: Extension): boolean =>
  [valueCode, valueCoding?.code, ...(valueCodeableConcept?.coding ?? []).map(({ code }) => code)].some(
    (code) => code !== undefined && openMarks.has(code),
  );

/** The factors of the shared explanation that somebody marked as open or unsure, in the words of the person. */
export function openFactors({ finding }: ClinicalImpression): readonly string[] {
  return (finding ?? [])
    .filter((factor) => factor.extension?.some(marksOpen))
    .flatMap(
      ({ itemCodeableConcept }) =>
        itemCodeableConcept?.text ?? itemCodeableConcept?.coding?.[0]?.display ?? [],
    );
}

/** What the person, or somebody close, wrote and nobody replied to. */
export function unanswered(communications: readonly Communication[]): readonly Communication[] {
  const answered = new Set(
    communications.flatMap(({ inResponseTo }) => (inResponseTo ?? []).map(({ reference }) => reference)),
  );
  return communications.filter(
    ({ id, sender, status }) =>
      /^(Patient|RelatedPerson)\//.test(sender?.reference ?? '') &&
      status !== 'entered-in-error' &&
      status !== 'not-done' &&
      !answered.has(`Communication/${id}`),
  );
}
