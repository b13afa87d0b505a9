// A course of three pairs with two instructors, for the tests of pairs.
import type { CarePlan, ParametersParameter, QuestionnaireResponse } from '@medplum/fhirtypes';
import type { OperationResult } from '../../../src/rest/operation.ts';
import { planDefinitionStartPairs } from '../../../src/rest/operations/plan-definition-start-pairs.ts';
import { group, reference, string } from './course-steps.ts';
import type { CourseWorld } from './course-world.ts';
import { wholePlan } from './group-steps.ts';

export const pairNumbers = [1, 2, 3];
export const patientOf = (number: number) => `Patient/patient-${number}`;
export const therapistOf = (number: number) => `Practitioner/therapist-${number}`;

export async function addPairs(world: CourseWorld): Promise<void> {
  for (const number of pairNumbers) {
    const [patient, therapist] = [`patient-${number}`, `therapist-${number}`];
    await world.store.create(
      { resourceType: 'Practitioner', id: therapist, name: [{ family: `Healer${number}` }] },
      { id: therapist },
    );
    await world.store.create(
      {
        resourceType: 'Patient',
        id: patient,
        name: [{ given: [`Person${number}`] }],
        generalPractitioner: [
          { reference: 'Practitioner/therapist' },
          { reference: `Practitioner/${therapist}` },
        ],
      },
      { id: patient },
    );
  }
}

export const instructor = (id: string, role: string): ParametersParameter =>
  group('instructor', reference('who', `Practitioner/${id}`), { name: 'role', valueCode: role });

export const instructors: readonly ParametersParameter[] = [
  instructor('therapist', 'instructor-by-profession'),
  instructor('other-therapist', 'instructor-by-experience'),
];

export const consent = (name: string, date: string): ParametersParameter => ({ name, valueDate: date });

export const pair = (number: number, ...more: readonly ParametersParameter[]): ParametersParameter =>
  group(
    'pair',
    reference('patient', patientOf(number)),
    reference('therapist', therapistOf(number)),
    consent('patientConsent', '2026-11-10'),
    consent('therapistConsent', '2026-11-12'),
    ...more,
  );

export const pairs: readonly ParametersParameter[] = pairNumbers.map((number) => pair(number));
export const place = string('place', 'The house by the river');
export const start: ParametersParameter = { name: 'start', valueDate: '2026-11-20' };

export function startPairs(
  world: CourseWorld,
  ...parameters: readonly ParametersParameter[]
): Promise<OperationResult> {
  return world.call(planDefinitionStartPairs, 'therapist', 'joint-course', [...parameters]);
}

/** The group's plan as it is stored. */
export async function beginPairs(world: CourseWorld): Promise<CarePlan> {
  await addPairs(world);
  await startPairs(world, ...instructors, ...pairs, start, place);
  return wholePlan(world);
}

export function agreement(who: string, says: boolean, authored: string): QuestionnaireResponse {
  const role = who.startsWith('Patient/') ? 'patient' : 'therapist';
  const answer = (valueBoolean: boolean) => [{ valueBoolean }];
  return {
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'https://w3id.org/alongside/fhir/Questionnaire/joint-course-agreement|1.0.0',
    status: 'completed',
    subject: { reference: who },
    author: { reference: who },
    authored,
    item: [
      {
        linkId: 'role',
        answer: [
          {
            valueCoding: {
              system: 'https://w3id.org/alongside/fhir/CodeSystem/joint-course-role',
              code: role,
            },
          },
        ],
      },
      { linkId: 'confidentiality', item: [{ linkId: 'keeps-confidence', answer: answer(says) }] },
      { linkId: 'freedom', item: [{ linkId: 'knows-may-stop', answer: answer(true) }] },
      { linkId: `${role}-agrees`, answer: answer(true) },
    ],
  };
}

export async function agreeAll(world: CourseWorld, ...but: readonly string[]): Promise<void> {
  for (const who of pairNumbers.flatMap((number) => [patientOf(number), therapistOf(number)])) {
    if (!but.includes(who)) await world.store.create(agreement(who, true, '2026-11-19T10:00:00Z'));
  }
}
