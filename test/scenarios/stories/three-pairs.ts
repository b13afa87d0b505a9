// Three invented pairs of a patient and their therapist, two instructors, and what each of a pair agrees to.
import type { ParametersParameter, QuestionnaireResponse } from '@medplum/fhirtypes';
import { dated, to } from './story-moves.ts';
import type { Person } from './story-world.ts';

export const numbers = [1, 2, 3] as const;
export const patientOf = (number: number) => `Patient/patient-${number}`;
export const therapistOf = (number: number) => `Practitioner/therapist-${number}`;
export const everybody = numbers.flatMap((number) => [patientOf(number), therapistOf(number)]);
export const nameOf = (reference: string) => reference.split('/')[1] ?? '';

const practitioner = (id: string): [string, Person] => [
  id,
  {
    role: 'therapist',
    resource: { resourceType: 'Practitioner', id, name: [{ text: `Invented ${id}` }] },
  },
];
export const pairPeople: Readonly<Record<string, Person>> = Object.fromEntries([
  practitioner('by-profession'),
  practitioner('by-experience'),
  ...numbers.map((number) => practitioner(`therapist-${number}`)),
  ...numbers.map((number): [string, Person] => [
    `patient-${number}`,
    {
      role: 'patient',
      resource: {
        resourceType: 'Patient',
        id: `patient-${number}`,
        name: [{ text: `Invented person ${number}` }],
        // Whoever begins the course treats them too; a therapist of a pair treats their own patient.
        generalPractitioner: ['gp', 'by-profession', `therapist-${number}`].map((id) => ({
          reference: `Practitioner/${id}`,
        })),
      },
    },
  ]),
]);

export const instructors: readonly ParametersParameter[] = [
  ['by-profession', 'instructor-by-profession'] as const,
  ['by-experience', 'instructor-by-experience'] as const,
].map(([id, role]) => ({
  name: 'instructor',
  part: [to('who', `Practitioner/${id}`), { name: 'role', valueCode: role }],
}));
export const pair = (number: number, but: readonly string[] = []): ParametersParameter => ({
  name: 'pair',
  part: [
    to('patient', patientOf(number)),
    to('therapist', therapistOf(number)),
    dated('patientConsent', '2026-11-02'),
    dated('therapistConsent', '2026-11-03'),
  ].filter(({ name }) => !but.includes(name)),
});
export const roleOf = (subject: string) => (subject.startsWith('Patient/') ? 'patient' : 'therapist');
const yes = [{ valueBoolean: true }];
export const agreement = (subject: string): QuestionnaireResponse['item'] => [
  { linkId: 'confidentiality', item: [{ linkId: 'keeps-confidence', answer: yes }] },
  { linkId: 'freedom', item: [{ linkId: 'knows-may-stop', answer: yes }] },
  { linkId: `${roleOf(subject)}-agrees`, answer: yes },
];
