// What comes next in a course: what is planned soonest, and always something with an owner.
import type { CarePlan, ServiceRequest } from '@medplum/fhirtypes';
import { nextStep } from '../../../src/course/next-step/next-step.ts';
import { asItIs } from '../../../src/course/said.ts';
import { daysAt } from '../../support/days-at.ts';

const carePlan: CarePlan = {
  resourceType: 'CarePlan',
  id: 'plan',
  status: 'active',
  intent: 'plan',
  subject: { reference: 'Patient/anna' },
  author: { reference: 'Practitioner/therapist' },
};
const session = (
  number: number,
  status: ServiceRequest['status'],
  occurrenceDateTime?: string,
): ServiceRequest => ({
  resourceType: 'ServiceRequest',
  id: `session-${number}`,
  extension: [
    {
      url: 'https://w3id.org/alongside/fhir/StructureDefinition/session-number',
      valuePositiveInt: number,
    },
  ],
  status,
  intent: 'plan',
  subject: { reference: 'Patient/anna' },
  ...(occurrenceDateTime !== undefined && { occurrenceDateTime }),
});
const days = daysAt('2026-09-23T09:00:00Z');
const told = { sentence: (code: string) => asItIs(code), isForThePerson: false };
const about = (...sessions: readonly ServiceRequest[]) => nextStep(carePlan, sessions, days, told).about;

it('is the open session that is planned soonest, whatever its number', () => {
  const days = [session(1, 'completed', '2026-09-07'), session(2, 'revoked', '2026-09-21')];
  const [third, makeUp] = [session(3, 'active', '2026-10-05'), session(9, 'active', '2026-10-01T10:00:00Z')];
  expect(about(...days, third, makeUp)).toBe('ServiceRequest/session-9');
  expect(about(...days, third, session(9, 'completed', '2026-10-01'))).toBe('ServiceRequest/session-3');
});

it('goes by the number where the day is the same, and takes what has no day last', () => {
  expect(about(session(4, 'active', '2026-10-05'), session(3, 'active', '2026-10-05'))).toBe(
    'ServiceRequest/session-3',
  );
  expect(about(session(3, 'active'), session(4, 'active', '2026-10-05'))).toBe('ServiceRequest/session-4');
});

it('is the plan itself, with an owner, when no session is open', () => {
  expect(nextStep(carePlan, [session(1, 'completed', '2026-09-07')], days, told)).toMatchObject({
    about: 'CarePlan/plan',
    owner: 'Practitioner/therapist',
    said: { text: 'next-all-held' },
  });
});

it('does not say that sessions were held when all were dropped', () => {
  expect(nextStep(carePlan, [session(1, 'revoked', '2026-09-07')], days, told).said.text).toBe(
    'next-none-held',
  );
});

it('is said in other words to the person', () => {
  const saidTo = (status: CarePlan['status'], ...sessions: readonly ServiceRequest[]) =>
    nextStep({ ...carePlan, status }, sessions, days, { ...told, isForThePerson: true }).said.text;
  expect([
    saidTo('active', session(1, 'active', '2026-09-07')),
    saidTo('active', session(1, 'completed', '2026-09-07')),
    saidTo('active', session(1, 'revoked', '2026-09-07')),
    saidTo('on-hold'),
    saidTo('completed'),
  ]).toEqual([
    'next-overdue-person',
    'next-all-held-person',
    'next-none-held-person',
    'next-paused-person',
    'next-ended-person',
  ]);
});
