// What the bench loads and sends: invented patients, Observations of about 1.2 KB, PHQ-15 answers, transactions. Deterministic.
import type { Bundle, Observation, Patient, QuestionnaireResponse, Resource } from '@medplum/fhirtypes';

export const patientCount = 1_000;
export const observationsPerPatient = 50;
export const generalPractitioner = 'Practitioner/bench-gp';

/** Codes that a primary-care record really holds many of; LOINC. */
const codes = [
  ['8867-4', 'Heart rate', '/min'],
  ['8480-6', 'Systolic blood pressure', 'mm[Hg]'],
  ['8462-4', 'Diastolic blood pressure', 'mm[Hg]'],
  ['29463-7', 'Body weight', 'kg'],
  ['72514-3', 'Pain severity - 0-10 verbal numeric rating [Score] - Reported', '{score}'],
] as const;

export const searchedCode = 'http://loinc.org|72514-3';

export function benchPatient(number: number): Patient {
  return {
    resourceType: 'Patient',
    id: `bench-${number}`,
    identifier: [{ system: 'https://example.org/invented-patients', value: String(number) }],
    name: [{ family: `Invented-${number}`, given: ['Bench'] }],
    gender: number % 2 === 0 ? 'female' : 'male',
    birthDate: `${1950 + (number % 50)}-06-15`,
    generalPractitioner: [{ reference: generalPractitioner }],
  };
}

/** An Observation of about 1.2 KB; `serial` decides its code, date and value. */
export function benchObservation(patient: number, serial: number): Observation {
  const [code, display, unit] = codes[serial % codes.length] ?? codes[0];
  const at = new Date(Date.UTC(2026, 0, 1) - serial * 7 * 86_400_000 + patient * 60_000).toISOString();
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'vital-signs',
            display: 'Vital Signs',
          },
        ],
        text: 'Vital Signs',
      },
    ],
    code: { coding: [{ system: 'http://loinc.org', code, display }], text: display },
    subject: { reference: `Patient/bench-${patient}`, display: `Invented-${patient}, Bench` },
    effectiveDateTime: at,
    issued: at,
    performer: [{ reference: generalPractitioner, display: 'Invented general practitioner' }],
    valueQuantity: {
      value: (serial * 37 + patient) % 10,
      unit,
      system: 'http://unitsofmeasure.org',
      code: unit,
    },
    note: [
      {
        text: 'Measured at home by the patient in the morning before getting up, on three days in a row, and read out on the telephone. The middle one of the three values was written down here, as agreed at the last consultation in the practice.',
      },
    ],
  };
}

/** A completed PHQ-15: every answer "bothered a little" but the menstrual item, which does not apply. */
export function benchPhq15(
  questionnaire: QuestionnaireResponse['item'],
  patient: number,
): QuestionnaireResponse {
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/phq-15',
    status: 'completed',
    subject: { reference: `Patient/bench-${patient}` },
    authored: '2026-11-20T09:00:00Z',
    item: questionnaire,
  };
}

export function transactionOf(resources: readonly Resource[]): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: resources.map((resource) => ({
      resource,
      request: resource.id
        ? { method: 'PUT', url: `${resource.resourceType}/${resource.id}` }
        : { method: 'POST', url: resource.resourceType },
    })),
  };
}
