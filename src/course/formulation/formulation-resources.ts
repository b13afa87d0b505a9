// Writes an explanation as it was talked about down as the ClinicalImpression of our profile.
import type { ClinicalImpression, ClinicalImpressionFinding, Coding, Extension } from '@medplum/fhirtypes';
import { explanationStatusSystem } from './explanation-moves.ts';
import {
  factorExtension,
  factorSystem,
  formulationForm,
  formulationProfile,
  sideSystem,
  viewSystem,
} from './formulation.ts';

export interface TalkedFactor {
  /** Which factor of the explanation before carries on under these words. */
  readonly id?: string;
  readonly role: string;
  readonly text: string;
  readonly sides: readonly string[];
  readonly views: readonly string[];
  /** 0 to 10; absent when nobody asked. */
  readonly sure?: number;
  /** What makes them think so, in words. */
  readonly basis?: string;
  /** References to records that make them think so. */
  readonly evidence: readonly string[];
}

export interface TalkedExplanation {
  readonly patient: string;
  /** The professional who was part of it. */
  readonly assessor?: string;
  readonly encounter?: string;
  /** dateTime of the talk. */
  readonly date: string;
  readonly state: string;
  /** Why it stands there: what no longer fits, or is new. */
  readonly reason?: string;
  readonly summary?: string;
  readonly factors: readonly TalkedFactor[];
  /** Version of the form whose parts these are. */
  readonly formVersion?: string;
}

/** `displayOf` gives the display of a code of ours; undefined where the code is unknown. */
export function formulationResource(
  id: string,
  said: TalkedExplanation,
  displayOf: (system: string, code: string) => string | undefined,
): ClinicalImpression {
  const coding = (system: string, code: string): Coding => {
    const display = displayOf(system, code);
    return { system, code, ...(display && { display }) };
  };
  return {
    resourceType: 'ClinicalImpression',
    id,
    meta: { profile: [formulationProfile] },
    // What is explained together stays open: a later talk makes a new one.
    status: 'in-progress',
    statusReason: {
      coding: [coding(explanationStatusSystem, said.state)],
      ...(said.reason && { text: said.reason }),
    },
    subject: { reference: said.patient },
    ...(said.encounter && { encounter: { reference: said.encounter } }),
    date: said.date,
    ...(said.assessor && { assessor: { reference: said.assessor } }),
    protocol: [said.formVersion ? `${formulationForm}|${said.formVersion}` : formulationForm],
    ...(said.summary && { summary: said.summary }),
    ...(said.factors.length > 0 && { finding: said.factors.map((factor) => finding(factor, coding)) }),
  };
}

function finding(
  { id, role, text, sides, views, sure, basis, evidence }: TalkedFactor,
  coding: (system: string, code: string) => Coding,
): ClinicalImpressionFinding {
  const extension: Extension[] = [
    ...sides.map((side) => ({ url: factorExtension.side, valueCoding: coding(sideSystem, side) })),
    ...views.map((view) => ({ url: factorExtension.view, valueCoding: coding(viewSystem, view) })),
    ...(sure === undefined ? [] : [{ url: factorExtension.sure, valueInteger: sure }]),
    ...evidence.map((reference) => ({ url: factorExtension.evidence, valueReference: { reference } })),
  ];
  return {
    ...(id !== undefined && { id }),
    ...(extension.length > 0 && { extension }),
    itemCodeableConcept: { coding: [coding(factorSystem, role)], text },
    ...(basis && { basis }),
  };
}
