// What the scale table asks of a service, each request with the token of the general practitioner of the patient that it is about.
import type { Send } from '../fire.ts';
import { seededRandom } from '../random.ts';
import { benchObservation } from '../workload.ts';
import type { Dataset } from './dataset.ts';
import { generalPractitionerOf, parts, patientReference, recordId } from './people.ts';

export interface ScaleRow {
  readonly name: string;
  readonly what: string;
  readonly next: () => Send;
}

const phq15Code = encodeURIComponent('http://loinc.org|70273-8');
const visitsWithPhq15 = ['intake', 'second', 'third', 'last'] as const;

export const scaleRowNames = ['read', 'search', 'plans', 'sessions', 'create'] as const;

export function scaleRows({ patients, gpTokenOf }: Dataset): readonly ScaleRow[] {
  const random = seededRandom();
  const about = (make: (patient: number) => Omit<Send, 'token'>) => (): Send => {
    const patient = 1 + random(patients);
    return { ...make(patient), token: gpTokenOf(patient) };
  };
  const get = (path: (patient: number) => string) =>
    about((patient) => ({ method: 'GET', path: `/fhir/${path(patient)}` }));
  return [
    {
      name: 'read',
      what: 'read by id',
      next: get((patient) => {
        const visit = visitsWithPhq15[random(visitsWithPhq15.length)] ?? 'intake';
        return `Observation/${recordId(patient, visit, parts.phq15Scores)}`;
      }),
    },
    {
      name: 'search',
      what: 'search patient + code, newest 20',
      next: get(
        (patient) =>
          `Observation?patient=${recordId(patient, 'registration')}&code=${phq15Code}&_sort=-date&_count=20`,
      ),
    },
    {
      name: 'plans',
      what: 'search plans of a patient',
      next: get((patient) => `CarePlan?subject=${patientReference(patient)}`),
    },
    {
      name: 'sessions',
      what: 'search sessions of a patient',
      next: get((patient) => `ServiceRequest?patient=${recordId(patient, 'registration')}&_count=20`),
    },
    {
      name: 'create',
      what: 'durable create',
      next: about((patient) => ({
        method: 'POST',
        path: '/fhir/Observation',
        body: JSON.stringify({
          ...benchObservation(patient, random(1_000)),
          subject: { reference: patientReference(patient) },
          performer: [{ reference: generalPractitionerOf(patient) }],
        }),
      })),
    },
  ];
}
