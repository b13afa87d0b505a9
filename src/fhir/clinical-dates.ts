// Which search parameter tells when the care happened that a resource is about, for types whose parameter is not called "date".
// https://hl7.org/fhir/R4/patient-operation-everything.html : start and end are care dates, not dates of the record.
import type { ResourceType } from '@medplum/fhirtypes';

const otherNames: Readonly<Partial<Record<ResourceType, string>>> = {
  Account: 'period',
  AllergyIntolerance: 'date',
  Claim: 'created',
  ClaimResponse: 'created',
  Communication: 'sent',
  CommunicationRequest: 'authored',
  Condition: 'onset-date',
  CoverageEligibilityRequest: 'created',
  CoverageEligibilityResponse: 'created',
  DetectedIssue: 'identified',
  DeviceRequest: 'event-date',
  ExplanationOfBenefit: 'created',
  Goal: 'start-date',
  ImagingStudy: 'started',
  ChargeItem: 'occurrence',
  Media: 'created',
  MedicationAdministration: 'effective-time',
  MedicationDispense: 'whenhandedover',
  MedicationRequest: 'authoredon',
  MedicationStatement: 'effective',
  NutritionOrder: 'datetime',
  Provenance: 'recorded',
  QuestionnaireResponse: 'authored',
  RequestGroup: 'authored',
  ServiceRequest: 'authored',
  Specimen: 'collected',
  Task: 'authored-on',
  VisionPrescription: 'datewritten',
};

/** The code of the search parameter; a type without such a parameter has no clinical date. */
export function clinicalDateOf(type: string): string {
  return otherNames[type as ResourceType] ?? 'date';
}
