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
  // A patient sends answers about themself, and changes those alone that they keep to themself or have not finished (auth/own-answers.ts).
  QuestionnaireResponse: { gp: write, therapist: write, patient: 'rscu' },
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
  // A patient may withdraw their own, and change nothing else of it (auth/own-consent.ts).
  Consent: { ...byBoth, patient: 'rsu' },
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
