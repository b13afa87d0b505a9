// When a writer must say which version they saw: https://hl7.org/fhir/R4/http.html#concurrency
import type { ResourceType } from '@medplum/fhirtypes';
import { preconditionRequired, versionMismatch } from '../../fhir/error.ts';

export interface VersionDemand {
  /** The version that the client saw; 412 when it is no longer the current one. */
  readonly ifMatch?: string;
  /** Refuse (428) a change to what is there, of a clinical type, that names no version. */
  readonly demandsIfMatch?: boolean;
}

/**
 * What somebody is treated by: two people who change one of these at once must hear of each other. Left out are definitions,
 * directories, bookkeeping and money, which one system keeps.
 */
const clinicalTypes: ReadonlySet<ResourceType> = new Set<ResourceType>([
  'AdverseEvent',
  'AllergyIntolerance',
  'Appointment',
  'BodyStructure',
  'CarePlan',
  'CareTeam',
  'ClinicalImpression',
  'Communication',
  'CommunicationRequest',
  'Composition',
  'Condition',
  'Consent',
  'DetectedIssue',
  'DeviceRequest',
  'DeviceUseStatement',
  'DiagnosticReport',
  'DocumentReference',
  'Encounter',
  'EpisodeOfCare',
  'FamilyMemberHistory',
  'Flag',
  'Goal',
  'GuidanceResponse',
  'ImagingStudy',
  'Immunization',
  'List',
  'MedicationAdministration',
  'MedicationDispense',
  'MedicationRequest',
  'MedicationStatement',
  'NutritionOrder',
  'Observation',
  'Patient',
  'Procedure',
  'QuestionnaireResponse',
  'RelatedPerson',
  'RequestGroup',
  'RiskAssessment',
  'ServiceRequest',
  'Specimen',
  'Task',
  'VisionPrescription',
]);

/** Does this change of what is there lack the version that it must name? */
export function lacksVersion(type: ResourceType, { ifMatch, demandsIfMatch }: VersionDemand): boolean {
  return demandsIfMatch === true && ifMatch === undefined && clinicalTypes.has(type);
}

/** Throws FhirError 428 when the version that the client saw must be named and is not. "If-Match: *" names none. */
export function demandVersion(type: ResourceType, demand: VersionDemand): void {
  if (lacksVersion(type, demand)) {
    throw preconditionRequired(
      `Say which version of the ${type} you saw, such as If-Match: W/"3", so that nobody's change is lost.`,
    );
  }
}

/** Throws FhirError 412 when the client saw another version than the current one. */
export function assertVersion(current: string, seen: string | undefined): void {
  if (seen !== undefined && seen !== current) {
    throw versionMismatch(
      `The current version is ${current}, not ${seen}. Read it again and repeat the change.`,
    );
  }
}
