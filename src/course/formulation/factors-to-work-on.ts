// Which factors of the shared explanation keep it going, and at which of them something in the course points.
import type { ClinicalImpression, Extension } from '@medplum/fhirtypes';
import type { FactorFact } from '../next-step/next-step-findings.ts';

const base = 'https://w3id.org/alongside/fhir';
const factorSystem = `${base}/CodeSystem/formulation-factor`;
const worksOnUrl = `${base}/StructureDefinition/works-on`;
const worksOnFactorUrl = `${base}/StructureDefinition/works-on-factor`;

interface Carrier {
  readonly extension?: readonly Extension[];
}

/** What made somebody sensitive and what set it off lie in the past: one works at what keeps it going. `carriers` are goals, sessions, exercises and elements that count. */
export function factorsToWorkOn(
  impression: ClinicalImpression,
  carriers: readonly Carrier[],
): readonly FactorFact[] {
  const reference = `ClinicalImpression/${impression.id}`;
  const pointers = carriers
    .flatMap(({ extension }) => extension ?? [])
    .flatMap(({ url, valueReference }) => (url === worksOnUrl && valueReference ? [valueReference] : []));
  return (impression.finding ?? []).flatMap(({ id, itemCodeableConcept }): FactorFact[] => {
    const codes = (itemCodeableConcept?.coding ?? []).flatMap(({ system, code }) =>
      system === factorSystem && code ? [code] : [],
    );
    const text = itemCodeableConcept?.text;
    if (!codes.includes('perpetuating') || !text) return [];
    // A later version of the explanation may number its factors anew; the words stay beside each pointer.
    const isWorkedOn = pointers.some(
      (pointer) =>
        pointer.display === text ||
        (pointer.reference === reference &&
          pointer.extension?.some(({ url, valueString }) => url === worksOnFactorUrl && valueString === id)),
    );
    return [{ text, codes, isWorkedOn, source: reference }];
  });
}
