// The explanation that person and professionals share (3P): its factors, what each must say, and how versions follow each other.
import type { ClinicalImpression, ClinicalImpressionFinding, Extension } from '@medplum/fhirtypes';
import { withoutVersion } from '../../fhir/canonical.ts';
import { type ExplanationState, explanationCode, isExplanationState } from './explanation-moves.ts';

const base = 'https://w3id.org/alongside/fhir';
export const factorSystem = `${base}/CodeSystem/formulation-factor`;
export const sideSystem = `${base}/CodeSystem/scegs`;
export const viewSystem = `${base}/CodeSystem/viewpoint`;
export const formulationProfile = `${base}/StructureDefinition/formulation`;
export const formulationForm = `${base}/Questionnaire/three-p-formulation`;

export const factorExtension = {
  side: `${base}/StructureDefinition/factor-side`,
  view: `${base}/StructureDefinition/factor-view`,
  sure: `${base}/StructureDefinition/factor-sure`,
  evidence: `${base}/StructureDefinition/factor-evidence`,
} as const;

const roles: readonly string[] = ['predisposing', 'precipitating', 'perpetuating'];

/** A formulation says that it is one: by its profile, or by the form that it was made of. */
export function isFormulation({ meta, protocol }: ClinicalImpression): boolean {
  return (
    meta?.profile?.some((url) => withoutVersion(url) === formulationProfile) === true ||
    protocol?.some((url) => withoutVersion(url) === formulationForm) === true
  );
}

export interface FactorFault {
  readonly text: string;
  /** Which factor, from 0. */
  readonly factor: number;
  /** Where in it, such as ".extension". */
  readonly place: string;
}

/** What a factor lacks, all of it; empty when nothing. `codesOf` lists the codes of a code system of ours. */
export function faultsOf(
  { finding = [] }: ClinicalImpression,
  codesOf: (system: string) => readonly string[],
): readonly FactorFault[] {
  const ids = finding.flatMap(({ id }) => id ?? []);
  return finding.flatMap((factor, index): FactorFault[] => {
    const fault = (isWrong: boolean, text: string, place: string) =>
      isWrong ? [{ text, factor: index, place }] : [];
    const named = factor.itemCodeableConcept?.coding ?? [];
    const given = named.filter(({ system, code }) => system === factorSystem && roles.includes(code ?? ''));
    const sure = extensionsOf(factor, factorExtension.sure).map(({ valueInteger }) => valueInteger);
    const isWithin = (value: number | undefined) => value !== undefined && value >= 0 && value <= 10;
    const isListed = (url: string, system: string) =>
      extensionsOf(factor, url).every(
        ({ valueCoding }) =>
          valueCoding?.system === system && codesOf(system).includes(valueCoding.code ?? ''),
      );
    return [
      ...fault(
        given.length !== 1,
        `a factor plays one part: a coding of ${factorSystem}, one of ${roles.join(', ')}`,
        '.itemCodeableConcept',
      ),
      ...fault(
        !factor.itemCodeableConcept?.text?.trim(),
        "a factor stands in words first, the person's own where it is their view (itemCodeableConcept.text)",
        '.itemCodeableConcept.text',
      ),
      ...fault(
        !isListed(factorExtension.side, sideSystem),
        `factor-side is one of ${codesOf(sideSystem).join(', ')} (${sideSystem})`,
        '.extension',
      ),
      ...fault(
        !isListed(factorExtension.view, viewSystem),
        `factor-view is one of ${codesOf(viewSystem).join(', ')} (${viewSystem})`,
        '.extension',
      ),
      ...fault(
        sure.length > 1 || !sure.every(isWithin),
        'factor-sure is one number from 0 to 10',
        '.extension',
      ),
      ...fault(
        factor.id !== undefined && ids.filter((id) => id === factor.id).length > 1,
        `the id "${factor.id}" stands for two factors`,
        '.id',
      ),
    ];
  });
}

/** References that the factors rest on, each with the number of its factor, from 0. */
export function evidenceOf({ finding = [] }: ClinicalImpression): readonly {
  readonly reference: string;
  readonly factor: number;
}[] {
  return finding.flatMap((factor, index) =>
    extensionsOf(factor, factorExtension.evidence).map(({ valueReference }) => ({
      reference: valueReference?.reference ?? '',
      factor: index,
    })),
  );
}

/**
 * Each factor with an id by which a goal or an exercise can name it. One that stood in the explanation before, in the same words and
 * part, keeps its id; an id that ever stood for one factor of this person never comes to stand for another.
 */
export function withFactorIds(
  impression: ClinicalImpression,
  earlier: readonly ClinicalImpression[] = [],
): ClinicalImpression {
  const { finding } = impression;
  if (!finding) return impression;
  const given = new Set(finding.flatMap(({ id }) => id ?? []));
  const taken = new Set([...given, ...earlier.flatMap((each) => (each.finding ?? []).map(({ id }) => id))]);
  const carried = new Map(
    (newestFormulation(earlier)?.finding ?? []).flatMap((factor): [string, string][] =>
      factor.id === undefined || given.has(factor.id) ? [] : [[sayingOf(factor), factor.id]],
    ),
  );
  const idFor = (factor: ClinicalImpressionFinding, index: number) => {
    const same = carried.get(sayingOf(factor));
    carried.delete(sayingOf(factor));
    if (same !== undefined) return same;
    let number = index + 1;
    while (taken.has(`factor-${number}`)) number += 1;
    taken.add(`factor-${number}`);
    return `factor-${number}`;
  };
  return {
    ...impression,
    finding: finding.map((factor, index) => ({ ...factor, id: factor.id ?? idFor(factor, index) })),
  };
}

/** The part that a factor plays, and its words. */
function sayingOf({ itemCodeableConcept }: ClinicalImpressionFinding): string {
  const role = itemCodeableConcept?.coding?.find(
    ({ system, code }) => system === factorSystem && roles.includes(code ?? ''),
  );
  return JSON.stringify([role?.code, itemCodeableConcept?.text?.trim()]);
}

/** A person's formulations that count, from the newest to the first; empty when there is none. */
export function formulationChain(impressions: readonly ClinicalImpression[]): readonly ClinicalImpression[] {
  const counted = impressions.filter((each) => isFormulation(each) && each.status !== 'entered-in-error');
  const followed = new Set(counted.map((each) => impressionBefore(impressions, each)));
  const chain: ClinicalImpression[] = [];
  let next = counted.filter((each) => !followed.has(each)).at(-1);
  while (next && !chain.includes(next)) {
    chain.push(next);
    next = impressionBefore(impressions, next);
  }
  return chain;
}

/** The one that this one followed, or the one before that where it was an error. */
function impressionBefore(
  impressions: readonly ClinicalImpression[],
  { previous }: ClinicalImpression,
): ClinicalImpression | undefined {
  const seen = new Set<ClinicalImpression>();
  let reference = previous?.reference;
  while (reference !== undefined) {
    const found = impressions.find(({ id }) => `ClinicalImpression/${id}` === reference);
    if (!found || seen.has(found)) return undefined;
    if (found.status !== 'entered-in-error') return found;
    seen.add(found);
    reference = found.previous?.reference;
  }
  return undefined;
}

/** The newest of a person's formulations that count; undefined when there is none. */
export function newestFormulation(
  impressions: readonly ClinicalImpression[],
): ClinicalImpression | undefined {
  return formulationChain(impressions)[0];
}

/** How far person and professional are with the explanation: as the newest one says that says it. */
export function explanationStateOf(chain: readonly ClinicalImpression[]): ExplanationState | undefined {
  return chain.map(explanationCode).find(isExplanationState);
}

function extensionsOf(factor: ClinicalImpressionFinding, url: string): readonly Extension[] {
  return factor.extension?.filter((extension) => extension.url === url) ?? [];
}
