// Three pairs of a patient and a therapist with two instructors, and the call that begins their course over HTTP.
import { type PeopleOverHttp, parameters, type Tokens, to } from './people-over-http.ts';

export const numbers = [1, 2, 3];
const instructors = ['instructor-1', 'instructor-2'];

const ofPairs = numbers.flatMap((number): readonly [string, Tokens[string]][] => [
  [`patient${number}`, ['patient', `Patient/patient-${number}`]],
  [`therapist${number}`, ['therapist', `Practitioner/therapist-${number}`]],
]);

export const pairTokens: Tokens = {
  firstInstructor: ['therapist', 'Practitioner/instructor-1'],
  secondInstructor: ['therapist', 'Practitioner/instructor-2'],
  elsewhere: ['therapist', 'Practitioner/elsewhere'],
  gp: ['gp', 'Practitioner/gp'],
  ...Object.fromEntries<Tokens[string]>(ofPairs),
};

/** By default whoever begins the course, and the therapist of each pair, treat the patients beside it. */
export async function addPairs(
  people: PeopleOverHttp,
  treating: (number: number) => readonly string[] = (number) => ['instructor-1', 'gp', `therapist-${number}`],
): Promise<void> {
  const practitioners = [...instructors, 'elsewhere', 'gp', ...numbers.map((each) => `therapist-${each}`)];
  for (const id of practitioners) {
    await people.send('put', `Practitioner/${id}`, 'system', { resourceType: 'Practitioner', id });
  }
  for (const number of numbers) {
    await people.send('put', `Patient/patient-${number}`, 'system', {
      resourceType: 'Patient',
      id: `patient-${number}`,
      generalPractitioner: treating(number).map((id) => ({ reference: `Practitioner/${id}` })),
    });
  }
}

export const pairsCall = parameters(
  ...instructors.map((id, index) => ({
    name: 'instructor',
    part: [
      to('who', `Practitioner/${id}`),
      { name: 'role', valueCode: index === 0 ? 'instructor-by-profession' : 'instructor-by-experience' },
    ],
  })),
  ...numbers.map((number) => ({
    name: 'pair',
    part: [
      to('patient', `Patient/patient-${number}`),
      to('therapist', `Practitioner/therapist-${number}`),
      { name: 'patientConsent', valueDate: '2020-01-10' },
      { name: 'therapistConsent', valueDate: '2020-01-11' },
    ],
  })),
  { name: 'place', valueString: 'The house by the river' },
);
