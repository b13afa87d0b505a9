// The table of who may do what: role x resource type x interaction. A cell that is not here is refused.
import type { ResourceType } from '@medplum/fhirtypes';
import type { Role } from './actor.ts';

/**
 * What a cell allows, as a string of letters:
 * r read, vread and the history of one resource · s search · c create · u update · d delete.
 * They are the letters of SMART v2 scopes: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
 */
export type Letter = 'r' | 's' | 'c' | 'u' | 'd';

/** Roles whose rights stand in the table. An integrator's stand in its token; the system may do everything. */
export type TableRole = Exclude<Role, 'integrator' | 'system'>;

type Row = Readonly<Partial<Record<TableRole, string>>>;

/**
 * Definitions and directories: every token reads and searches them, only an integrator with a scope and the system write them.
 * Each of these types is here because it cannot hold a patient; a type that can (Device, Group, List) must not join them.
 */
export const openTypes: readonly ResourceType[] = [
  // definitions
  'ActivityDefinition',
  'CapabilityStatement',
  'CodeSystem',
  'CompartmentDefinition',
  'ConceptMap',
  'GraphDefinition',
  'ImplementationGuide',
  'Library',
  'Measure',
  'MessageDefinition',
  'NamingSystem',
  'ObservationDefinition',
  'OperationDefinition',
  'PlanDefinition',
  'Questionnaire',
  'SearchParameter',
  'SpecimenDefinition',
  'StructureDefinition',
  'StructureMap',
  'TerminologyCapabilities',
  'ValueSet',
  // directories
  'HealthcareService',
  'Location',
  'Organization',
  'OrganizationAffiliation',
  'Practitioner',
  'PractitionerRole',
  // what a prescription points to
  'Medication',
  'Substance',
];

const read = 'rs';
const write = 'rscu';

/** Read by both clinicians of the patient and by the patient; written by integrators and the system only. */
const kept: Row = { gp: read, therapist: read, patient: read };
/** Written by the GP, read by all three. */
const byGp: Row = { gp: write, therapist: read, patient: read };
/** Written by both clinicians, read by all three. */
const byBoth: Row = { gp: write, therapist: write, patient: read };
/** What money is about: clinicians do not need it; people see their own. */
const ownOnly: Row = { patient: read };

/**
 * The record of a person. Every cell holds only for patients in reach: the patient's own compartment, or the patients
 * whom a CareTeam, a referral, an episode or Patient.generalPractitioner ties to the clinician.
 * Nobody here deletes: a wrong entry is marked entered-in-error, so that what was acted on can be seen later.
 */
export const recordTypes: Readonly<Partial<Record<ResourceType, Row>>> = {
  // A GP may create a Patient only when generalPractitioner names that GP (store/authorised.ts).
  Patient: byGp,
  RelatedPerson: byBoth,

  // answers, scores, goals
  // A patient sends answers about themself; what was sent is not rewritten.
  QuestionnaireResponse: { gp: write, therapist: write, patient: 'rsc' },
  Observation: byBoth,
  Goal: byBoth,
  ClinicalImpression: byBoth,
  RiskAssessment: byBoth,

  // the course
  EpisodeOfCare: byBoth,
  CarePlan: byBoth,
  CareTeam: byBoth,
  RequestGroup: byBoth,
  ServiceRequest: byBoth,
  // A patient may change the status of their own homework, and nothing else of it (auth/own-task.ts).
  Task: { gp: write, therapist: write, patient: 'rsu' },
  Appointment: byBoth,
  AppointmentResponse: byBoth,
  Encounter: byBoth,
  Procedure: byBoth,
  // The note of a session: the therapist's and the patient's. The GP gets a letter, a DocumentReference.
  Composition: { therapist: write, patient: read },
  DocumentReference: byBoth,
  Communication: byBoth,
  CommunicationRequest: byBoth,
  Consent: byBoth,
  Flag: byBoth,
  DetectedIssue: byBoth,
  GuidanceResponse: byBoth,
  Provenance: { gp: 'rsc', therapist: 'rsc', patient: read },

  // the medical record around it
  AdverseEvent: byBoth,
  Condition: byBoth,
  AllergyIntolerance: byGp,
  BodyStructure: byGp,
  DiagnosticReport: byGp,
  FamilyMemberHistory: byGp,
  Immunization: byGp,
  MedicationRequest: byGp,
  MedicationStatement: byGp,
  DeviceRequest: byGp,
  DeviceUseStatement: byGp,
  NutritionOrder: byGp,
  Specimen: byGp,
  VisionPrescription: byGp,
  ImagingStudy: kept,
  ImmunizationEvaluation: kept,
  ImmunizationRecommendation: kept,
  Media: kept,
  MedicationAdministration: kept,
  MedicationDispense: kept,
  SupplyDelivery: kept,
  SupplyRequest: kept,

  // money
  Account: ownOnly,
  ChargeItem: ownOnly,
  Claim: ownOnly,
  ClaimResponse: ownOnly,
  Coverage: ownOnly,
  CoverageEligibilityRequest: ownOnly,
  CoverageEligibilityResponse: ownOnly,
  ExplanationOfBenefit: ownOnly,
  Invoice: ownOnly,
};

/**
 * The rest of R4: integrators with a scope and the system only. Either they can hold several patients or none that the
 * compartment rules find (Group, List, Device, Binary, Bundle), or no part of the pathway uses them yet.
 */
export const closedTypes: readonly ResourceType[] = [
  'AuditEvent',
  'Basic',
  'Binary',
  'BiologicallyDerivedProduct',
  'Bundle',
  'CatalogEntry',
  'ChargeItemDefinition',
  'Contract',
  'Device',
  'DeviceDefinition',
  'DeviceMetric',
  'DocumentManifest',
  'EffectEvidenceSynthesis',
  'Endpoint',
  'EnrollmentRequest',
  'EnrollmentResponse',
  'EventDefinition',
  'Evidence',
  'EvidenceVariable',
  'ExampleScenario',
  'Group',
  'InsurancePlan',
  'Linkage',
  'List',
  'MeasureReport',
  'MedicationKnowledge',
  'MedicinalProduct',
  'MedicinalProductAuthorization',
  'MedicinalProductContraindication',
  'MedicinalProductIndication',
  'MedicinalProductIngredient',
  'MedicinalProductInteraction',
  'MedicinalProductManufactured',
  'MedicinalProductPackaged',
  'MedicinalProductPharmaceutical',
  'MedicinalProductUndesirableEffect',
  'MessageHeader',
  'MolecularSequence',
  'OperationOutcome',
  'Parameters',
  'PaymentNotice',
  'PaymentReconciliation',
  'Person',
  'ResearchDefinition',
  'ResearchElementDefinition',
  'ResearchStudy',
  'ResearchSubject',
  'RiskEvidenceSynthesis',
  'Schedule',
  'Slot',
  'Subscription',
  'SubstanceNucleicAcid',
  'SubstancePolymer',
  'SubstanceProtein',
  'SubstanceReferenceInformation',
  'SubstanceSourceMaterial',
  'SubstanceSpecification',
  'TestReport',
  'TestScript',
  'VerificationResult',
];

/** Who may call an operation. An integrator needs every scope named; the reads and writes inside are checked once more, each by itself. */
export interface OperationPermit {
  readonly roles: readonly TableRole[];
  readonly scopes: readonly (readonly [ResourceType, Letter])[];
}

/** Every role, and an integrator with whatever scopes: these look at what is sent, and at published content that names nobody. */
const anyToken: OperationPermit = { roles: ['gp', 'therapist', 'patient', 'manager'], scopes: [] };

/** What changing a plan writes. */
const planScopes: OperationPermit['scopes'] = [
  ['CarePlan', 'u'],
  ['RequestGroup', 'u'],
  ['ServiceRequest', 'c'],
  ['ServiceRequest', 'u'],
  ['Provenance', 'c'],
];

/** A pause stops what hangs on the plan too, and asks somebody to look at it again. */
const pauseScopes: OperationPermit['scopes'] = [
  ...planScopes,
  ['EpisodeOfCare', 'u'],
  ['Task', 'c'],
  ['Task', 'u'],
];

/** By "<type>/$<operation>"; "Resource" stands for every type. An operation that is not here is refused to all but the system. */
export const operationPermits: Readonly<Record<string, OperationPermit>> = {
  'PlanDefinition/$apply': { roles: ['gp', 'therapist'], scopes: [['PlanDefinition', 'r']] },
  'PlanDefinition/$explain': { roles: ['gp', 'therapist'], scopes: [['PlanDefinition', 'r']] },
  'ActivityDefinition/$apply': { roles: ['gp', 'therapist'], scopes: [['ActivityDefinition', 'r']] },
  'Patient/$refer': {
    roles: ['gp'],
    scopes: [
      ['ServiceRequest', 'c'],
      ['Task', 'c'],
    ],
  },
  'PlanDefinition/$enroll': {
    roles: ['therapist'],
    scopes: [
      ['EpisodeOfCare', 'c'],
      ['CarePlan', 'c'],
      ['RequestGroup', 'c'],
      ['Goal', 'c'],
      ['ServiceRequest', 'c'],
    ],
  },
  'CarePlan/$session-complete': {
    roles: ['therapist'],
    scopes: [
      ['Encounter', 'c'],
      ['Procedure', 'c'],
      ['Task', 'c'],
      ['Observation', 'c'],
    ],
  },
  // Whoever held the session: the workflow looks at that.
  'CarePlan/$session-correct': {
    roles: ['therapist'],
    scopes: [
      ['Encounter', 'u'],
      ['Procedure', 'c'],
      ['Procedure', 'u'],
      ['Task', 'c'],
      ['Task', 'u'],
      ['Observation', 'c'],
      ['Observation', 'u'],
      ['Composition', 'u'],
      ['Goal', 'u'],
      ['ServiceRequest', 'u'],
      ['DetectedIssue', 'u'],
      ['Provenance', 'c'],
    ],
  },
  // The person may read what was prepared about them. A GP, who does not read session notes, has $course.
  'CarePlan/$session-brief': { roles: ['therapist', 'patient'], scopes: [['CarePlan', 'r']] },
  'CarePlan/$tailor': {
    roles: ['therapist'],
    // A reason that is given now is written into what nobody had explained before.
    scopes: [
      ...planScopes,
      ['Encounter', 's'],
      ['Procedure', 's'],
      ['Provenance', 's'],
      ['DetectedIssue', 's'],
      ['DetectedIssue', 'u'],
    ],
  },
  // The list goes across patients, so it is made of what the caller's own store finds: a therapist's are the courses of patients in
  // their reach. Who sees no patients (a manager) has no list; a person and their GP hear of it from the therapist, who decides with the person.
  'PlanDefinition/$impact': {
    roles: ['therapist'],
    scopes: [
      ['PlanDefinition', 'r'],
      ['CarePlan', 's'],
      ['ServiceRequest', 's'],
      ['RequestGroup', 'r'],
      ['Provenance', 's'],
    ],
  },
  'CarePlan/$migrate': {
    roles: ['therapist'],
    scopes: [
      ...planScopes,
      ['EpisodeOfCare', 'u'],
      ['Encounter', 's'],
      ['Procedure', 's'],
      ['Provenance', 's'],
      ['DetectedIssue', 's'],
      ['DetectedIssue', 'u'],
    ],
  },
  // What a GP may not read is missing from their answer too.
  'CarePlan/$deviations': { roles: ['gp', 'therapist', 'patient'], scopes: [['CarePlan', 'r']] },
  // Those who see the plan see what could come next and why, the person first of all. The gates are read through the service's own
  // eyes and told in the answer: an integrator may read them itself, as every role here may.
  'CarePlan/$next-steps': {
    roles: ['gp', 'therapist', 'patient'],
    scopes: [
      ['CarePlan', 'r'],
      ['Flag', 's'],
      ['Observation', 's'],
    ],
  },
  // Whoever leads the course writes down what the two of them decided, as with $tailor.
  'CarePlan/$answer-next-steps': {
    roles: ['therapist'],
    scopes: [
      ['CarePlan', 'r'],
      ['Flag', 's'],
      ['Observation', 's'],
      ['GuidanceResponse', 'c'],
      ['Provenance', 'c'],
    ],
  },
  // A GP writes an explanation of their own by plain REST; it follows the same order.
  'CarePlan/$formulate': {
    roles: ['therapist'],
    scopes: [
      ['ClinicalImpression', 'c'],
      ['ClinicalImpression', 's'],
      ['CarePlan', 'u'],
    ],
  },
  'CarePlan/$pause': { roles: ['therapist'], scopes: pauseScopes },
  'CarePlan/$resume': { roles: ['therapist'], scopes: pauseScopes },
  // What a group has as a whole is written by the service for a leader who sees it; the members' own parts as the leader writes them.
  'PlanDefinition/$start-group': {
    roles: ['therapist'],
    scopes: [
      ['Group', 'c'],
      ['EpisodeOfCare', 'c'],
      ['CareTeam', 'c'],
      ['CarePlan', 'c'],
      ['RequestGroup', 'c'],
      ['ServiceRequest', 'c'],
      ['Appointment', 'c'],
      ['Task', 'c'],
    ],
  },
  // What the therapists of the pairs have to do is their own, written by the service.
  'PlanDefinition/$start-pairs': {
    roles: ['therapist'],
    scopes: [
      ['Group', 'c'],
      ['EpisodeOfCare', 'c'],
      ['CareTeam', 'c'],
      ['CarePlan', 'c'],
      ['RequestGroup', 'c'],
      ['ServiceRequest', 'c'],
      ['Appointment', 'c'],
      ['Observation', 'c'],
      ['Task', 'c'],
    ],
  },
  'CarePlan/$group-day-complete': {
    roles: ['therapist'],
    scopes: [
      ['CarePlan', 'u'],
      ['ServiceRequest', 'u'],
      ['Encounter', 'c'],
      ['Procedure', 'c'],
      ['Composition', 'c'],
      ['Task', 'c'],
    ],
  },
  'CarePlan/$make-up-day': {
    roles: ['therapist'],
    scopes: [
      ['CarePlan', 'u'],
      ['RequestGroup', 'u'],
      ['ServiceRequest', 'c'],
      ['Appointment', 'c'],
      ['Provenance', 'c'],
      ['Task', 'u'],
    ],
  },
  'CarePlan/$group-member': {
    roles: ['therapist'],
    scopes: [
      ['Group', 'u'],
      ['CarePlan', 'c'],
      ['CarePlan', 'u'],
      ['CareTeam', 'u'],
      ['EpisodeOfCare', 'u'],
      ['ServiceRequest', 'u'],
      ['Appointment', 'u'],
      ['Task', 'c'],
      ['Task', 'u'],
    ],
  },
  // Whoever takes part leaves by themselves; the parts of others that follow are written by the service.
  'CarePlan/$leave': { roles: ['patient', 'therapist'], scopes: [['CarePlan', 'u']] },
  // What a GP or a patient may not read (a session note for a GP) is missing from their answer, because the workflow reads through their store.
  'CarePlan/$course': { roles: ['gp', 'therapist', 'patient'], scopes: [['CarePlan', 'r']] },
  // Whoever writes the letter proposes it; the GP and the patient get the letter that was sent.
  'CarePlan/$closing-letter': { roles: ['therapist'], scopes: [['CarePlan', 'r']] },
  // Both store nothing. What the caller may not search stays open in a form, because the workflow searches through their store.
  'Questionnaire/$populate': {
    roles: ['gp', 'therapist', 'patient'],
    scopes: [
      ['Questionnaire', 'r'],
      ['Patient', 'r'],
    ],
  },
  'QuestionnaireResponse/$extract': {
    roles: ['gp', 'therapist', 'patient'],
    scopes: [
      ['Questionnaire', 'r'],
      ['QuestionnaireResponse', 'r'],
    ],
  },

  // What is stored is looked at through the caller's own store, and a rehearsed write is refused as the write would be.
  'Resource/$validate': anyToken,
  'ValueSet/$expand': anyToken,
  'ValueSet/$validate-code': anyToken,
  'CodeSystem/$validate-code': anyToken,
  'CodeSystem/$lookup': anyToken,
  'CodeSystem/$subsumes': anyToken,
  // Concept maps are found by searching them.
  'ConceptMap/$translate': { ...anyToken, scopes: [['ConceptMap', 's']] },
  // Each shows what reading and searching would show.
  'Observation/$lastn': { roles: ['gp', 'therapist', 'patient'], scopes: [['Observation', 's']] },
  'Patient/$everything': { roles: ['gp', 'therapist', 'patient'], scopes: [['Patient', 'r']] },
};
