// What the invariants of some R4 types ask for beside the required elements, so that a sample of the type is valid.

export interface Need {
  /** Below the resource type, joined by dots. */
  readonly path: string;
  /** A sample of the element's type when absent. */
  readonly value?: unknown;
  readonly isTwice?: true;
  /** Stands beside what is asked for, as one more item of the element. */
  readonly isBeside?: true;
  /** Needed only when something at or below this path is asked for. */
  readonly when?: string;
  readonly unless?: string;
}

const resolved = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'resolved' }],
};

/** An element of a StructureDefinition of the type Walk, whole or as a difference. */
const definedElement = (place: string, choice: Partial<Need>): readonly Need[] => [
  { path: `${place}.id`, value: 'Walk', ...choice },
  { path: `${place}.path`, value: 'Walk', ...choice },
];

const referenceSeq = { when: 'referenceSeq', unless: 'referenceSeq.referenceSeqId' };

/** What works on a factor names it in the explanation that has it. */
const explained: Need = {
  path: 'extension.value.reference',
  value: 'ClinicalImpression/walk',
  when: 'extension.value.extension',
};

export const needs: Readonly<Record<string, readonly Need[]>> = {
  AllergyIntolerance: [{ path: 'clinicalStatus' }],
  Appointment: [{ path: 'participant.actor' }, { path: 'start' }, { path: 'end' }],
  AppointmentResponse: [{ path: 'actor' }],
  Bundle: [{ path: 'type', value: 'collection' }],
  CapabilityStatement: [{ path: 'rest.mode' }, { path: 'implementation.description' }],
  Composition: [{ path: 'section.text' }],
  Condition: [{ path: 'clinicalStatus', value: resolved }],
  Consent: [{ path: 'policyRule' }],
  EventDefinition: [{ path: 'trigger.name' }],
  Goal: [explained],
  ImmunizationRecommendation: [{ path: 'recommendation.vaccineCode' }],
  InsurancePlan: [{ path: 'name' }],
  Linkage: [{ path: 'item', isTwice: true }],
  MessageDefinition: [{ path: 'focus.max', value: '1' }],
  MolecularSequence: [
    { path: 'coordinateSystem', value: 1 },
    { path: 'referenceSeq.genomeBuild', ...referenceSeq },
    { path: 'referenceSeq.chromosome', ...referenceSeq },
  ],
  // The extension that says which questionnaire a score is of says by which rule, too.
  Observation: [
    {
      path: 'extension.extension',
      value: { url: 'definition', valueCanonical: 'https://example.org/walk/rule' },
      isBeside: true,
      when: 'extension.extension',
    },
  ],
  Organization: [{ path: 'name' }, { path: 'address.use', value: 'work', when: 'address' }],
  Procedure: [explained],
  Questionnaire: [{ path: 'item.type', value: 'string' }],
  RequestGroup: [{ path: 'action.resource' }],
  ServiceRequest: [
    { path: 'code' },
    explained,
    {
      path: 'orderDetail.extension.value.reference',
      value: 'ClinicalImpression/walk',
      when: 'orderDetail.extension.value.extension',
    },
  ],
  StructureDefinition: [
    { path: 'kind', value: 'logical' },
    { path: 'type', value: 'Walk' },
    ...definedElement('differential.element', { unless: 'snapshot' }),
    ...definedElement('snapshot.element', { when: 'snapshot' }),
    { path: 'snapshot.element.min', when: 'snapshot' },
    { path: 'snapshot.element.max', value: '*', when: 'snapshot' },
    { path: 'snapshot.element.definition', when: 'snapshot' },
    { path: 'snapshot.element.base.path', value: 'Walk', when: 'snapshot' },
  ],
  Task: [explained, { path: 'for', when: 'extension' }],
  TerminologyCapabilities: [{ path: 'implementation.description' }],
  ValueSet: [
    { path: 'expansion.contains.system', when: 'expansion.contains' },
    { path: 'compose.include.system', when: 'compose.include' },
  ],
};
