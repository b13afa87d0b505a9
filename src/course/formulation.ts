// The explanation that person and professionals share (3P): its factors, what each must say, and how versions follow each other.
import type { ClinicalImpression, ClinicalImpressionFinding, Extension } from '@medplum/fhirtypes';

const base = 'https://w3id.org/alongside/fhir';
const factorSystem = `${base}/CodeSystem/formulation-factor`;
const profile = `${base}/StructureDefinition/formulation`;
const form = `${base}/Questionnaire/three-p-formulation`;

const factorExtension = {
  side: `${base}/StructureDefinition/factor-side`,
  view: `${base}/StructureDefinition/factor-view`,
  sure: `${base}/StructureDefinition/factor-sure`,
  evidence: `${base}/StructureDefinition/factor-evidence`,
} as const;

const roles: readonly string[] = ['predisposing', 'precipitating', 'perpetuating'];

/** A formulation says that it is one: by its profile, or by the form that it was made of. */
export function isFormulation({ meta, protocol }: ClinicalImpression): boolean {
  return (
    meta?.profile?.some((url) => url.split('|')[0] === profile) === true ||
    protocol?.some((url) => url.split('|')[0] === form) === true
  );
}

export interface Fault {
  readonly text: string;
  readonly expression: string;
}

/** What a factor lacks, all of it; empty when nothing. `codesOf` lists the codes of a code system of ours. */
export function faultsOf(
  { finding = [] }: ClinicalImpression,
  codesOf: (system: string) => readonly string[],
): readonly Fault[] {
  const ids = finding.flatMap(({ id }) => id ?? []);
  return finding.flatMap((factor, index): Fault[] => {
    const expression = `ClinicalImpression.finding[${index}]`;
    const fault = (isWrong: boolean, text: string, place = '') =>
      isWrong ? [{ text, expression: `${expression}${place}` }] : [];
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
        !isListed(factorExtension.side, `${base}/CodeSystem/scegs`),
        `factor-side is one of ${codesOf(`${base}/CodeSystem/scegs`).join(', ')} (${base}/CodeSystem/scegs)`,
        '.extension',
      ),
      ...fault(
        !isListed(factorExtension.view, `${base}/CodeSystem/viewpoint`),
        `factor-view is one of ${codesOf(`${base}/CodeSystem/viewpoint`).join(', ')} (${base}/CodeSystem/viewpoint)`,
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

/** References that the factors rest on, with their places. */
export function evidenceOf({ finding = [] }: ClinicalImpression): readonly {
  readonly reference: string;
  readonly expression: string;
}[] {
  return finding.flatMap((factor, index) =>
    extensionsOf(factor, factorExtension.evidence).map(({ valueReference }) => ({
      reference: valueReference?.reference ?? '',
      expression: `ClinicalImpression.finding[${index}].extension`,
    })),
  );
}

/** Each factor with an id by which a goal or an exercise can name it. */
export function withFactorIds(impression: ClinicalImpression): ClinicalImpression {
  const { finding } = impression;
  if (!finding) return impression;
  const taken = new Set(finding.flatMap(({ id }) => id ?? []));
  const idFor = (index: number) => {
    let number = index + 1;
    while (taken.has(`factor-${number}`)) number += 1;
    taken.add(`factor-${number}`);
    return `factor-${number}`;
  };
  return {
    ...impression,
    finding: finding.map((factor, index) => ({ ...factor, id: factor.id ?? idFor(index) })),
  };
}

/** The newest of a person's formulations that count; undefined when there is none. */
export function newestFormulation(
  impressions: readonly ClinicalImpression[],
): ClinicalImpression | undefined {
  const counted = impressions.filter((each) => isFormulation(each) && each.status !== 'entered-in-error');
  const followed = new Set(counted.flatMap(({ previous }) => previous?.reference ?? []));
  return counted.filter(({ id }) => !followed.has(`ClinicalImpression/${id}`)).at(-1);
}

function extensionsOf(factor: ClinicalImpressionFinding, url: string): readonly Extension[] {
  return factor.extension?.filter((extension) => extension.url === url) ?? [];
}
