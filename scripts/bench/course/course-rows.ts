// The rows of the table about courses: what a therapist's system asks for while people are in treatment, on a database full of courses.
import type { Parameters, ParametersParameter } from '@medplum/fhirtypes';
import type { Send } from '../fire.ts';
import { seededRandom } from '../random.ts';
import type { RowKind } from '../rows.ts';
import type { Dataset } from '../scale/dataset.ts';
import { courseParts, patientReference, planVersion, recordId } from '../scale/people.ts';
import type { Waiting } from './waiting-people.ts';

const elements = 'https://w3id.org/alongside/fhir/CodeSystem/pss-element';

const parameters = (...parameter: readonly ParametersParameter[]): string =>
  JSON.stringify({ resourceType: 'Parameters', parameter: [...parameter] } satisfies Parameters);

const element = (code: string, minutes: number): ParametersParameter => ({
  name: 'element',
  part: [
    { name: 'code', valueCoding: { system: elements, code } },
    { name: 'minutes', valueInteger: minutes },
  ],
});

const text = (name: string, valueString: string): ParametersParameter => ({ name, valueString });

/** A session of forty minutes, written down as one is in a minute. */
const sessionOf = (goal: string): string =>
  parameters(
    { name: 'minutes', valueInteger: 40 },
    element('education', 15),
    element('body-oriented', 20),
    text('discovered', 'Breathing out slowly makes standing up easier'),
    text('agreements', 'Try it twice a day and write down what happens'),
    {
      name: 'homework',
      part: [text('description', 'Five slow breaths before getting up; note what you discover')],
    },
    {
      name: 'goalProgress',
      part: [
        { name: 'goal', valueReference: { reference: goal } },
        { name: 'gas', valueInteger: -1 },
      ],
    },
  );

const enrolmentOf = (patient: string): string =>
  parameters(
    { name: 'subject', valueReference: { reference: patient } },
    text('noReferralReason', 'Came without a referral in this system'),
    text('noBaselineReason', 'Answers the questionnaires at the first session'),
    { name: 'goal', part: [text('text', 'Walk to the river with my daughter twice a week')] },
  );

/** `waiting` are people without a course: each is enrolled once. */
export function courseRows({ patients, therapistTokenOf }: Dataset, waiting: Waiting): readonly RowKind[] {
  const random = seededRandom();
  const goals = (sqlite: number): RowKind['goals'] => ({ sqlite });
  const carePlanOf = (patient: number) => recordId(patient, 'enrolment', courseParts.carePlan);
  const about = (make: (patient: number) => Omit<Send, 'token'>, choose: () => number) => (): Send => {
    const patient = choose();
    return { ...make(patient), token: therapistTokenOf(patient) };
  };
  const somebody = () => 1 + random(patients);
  let turn = 0;
  // One after another, so that each call records a session that was not recorded yet.
  const nextInTurn = () => {
    turn += 1;
    return 1 + ((turn - 1) % patients);
  };
  let enrolled = 0;
  const post = (path: string, body: string): Omit<Send, 'token'> => ({ method: 'POST', path, body });
  return [
    {
      name: 'course',
      what: '$course',
      goals: goals(0.05),
      next: about(
        (patient) => ({ method: 'GET', path: `/fhir/CarePlan/${carePlanOf(patient)}/$course` }),
        somebody,
      ),
    },
    {
      name: 'session-brief',
      what: '$session-brief',
      goals: goals(0.05),
      next: about(
        (patient) => ({ method: 'GET', path: `/fhir/CarePlan/${carePlanOf(patient)}/$session-brief` }),
        somebody,
      ),
    },
    {
      name: 'course-apply',
      what: '$apply psychosomatic-therapy, for somebody with a course',
      goals: goals(0.06),
      next: about(
        (patient) => ({
          method: 'GET',
          path: `/fhir/PlanDefinition/psychosomatic-therapy/$apply?subject=${patientReference(patient)}`,
        }),
        somebody,
      ),
    },
    {
      name: 'session-complete',
      what: '$session-complete',
      goals: goals(0.03),
      next: about(
        (patient) => ({
          ...post(
            `/fhir/CarePlan/${carePlanOf(patient)}/$session-complete`,
            sessionOf(`Goal/${recordId(patient, 'enrolment', courseParts.goal)}`),
          ),
          ifMatch: planVersion,
        }),
        nextInTurn,
      ),
    },
    {
      name: 'enroll',
      what: '$enroll',
      goals: goals(0.006),
      next: () => {
        const patient = waiting.references[enrolled] ?? '';
        enrolled += 1;
        return {
          ...post('/fhir/PlanDefinition/psychosomatic-therapy/$enroll', enrolmentOf(patient)),
          token: waiting.token,
        };
      },
    },
  ];
}

/** How many patients with a course each the rows are measured among. */
export const courseCount = 10_000;

export const courseRowNames = [
  'course',
  'session-brief',
  'course-apply',
  'session-complete',
  'enroll',
] as const;
