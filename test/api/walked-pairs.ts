// A course for pairs, for the walk over what the CapabilityStatement leads to.
import { bodyOf } from '../support/answer-body.ts';
import type { WalkedService } from './walked-service.ts';

const instructors = [
  ['walked-instructor', 'instructor-by-profession'],
  ['walked-experience', 'instructor-by-experience'],
] as const;
const pairs = [1, 2, 3];
const named = (name: string, reference: string) => ({ name, valueReference: { reference } });

/** What was called, as "<id of the definition> <level>". */
export async function playPairs(walk: WalkedService): Promise<readonly string[]> {
  await walk.store([
    ...instructors.map(([id]) => ({ resource: { resourceType: 'Practitioner' }, id })),
    ...pairs.map((number) => ({
      resource: { resourceType: 'Practitioner' },
      id: `walked-therapist-${number}`,
    })),
    ...pairs.map((number) => ({ resource: { resourceType: 'Patient' }, id: `walked-patient-${number}` })),
  ]);
  const answer = await walk.send({
    method: 'POST',
    path: '/PlanDefinition/joint-course/$start-pairs',
    body: {
      resourceType: 'Parameters',
      parameter: [
        ...instructors.map(([id, role]) => ({
          name: 'instructor',
          part: [named('who', `Practitioner/${id}`), { name: 'role', valueCode: role }],
        })),
        ...pairs.map((number) => ({
          name: 'pair',
          part: [
            named('patient', `Patient/walked-patient-${number}`),
            named('therapist', `Practitioner/walked-therapist-${number}`),
            { name: 'patientConsent', valueDate: '2020-01-10' },
            { name: 'therapistConsent', valueDate: '2020-01-10' },
          ],
        })),
        { name: 'place', valueString: 'The house by the river' },
      ],
    },
  });
  expect([answer.status, bodyOf(answer).issue]).toEqual([201, undefined]);
  return ['plan-definition-start-pairs instance'];
}
