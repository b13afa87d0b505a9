// Who is who among the invented people of the scale table, by number: ids can be said without asking the database.

/** A general practitioner and a therapist have so many patients. */
export const patientsOfOne = 1_000;

/** The parts of a record in the order in which they come into being; each is a place of the ids. */
export const visits = ['registration', 'intake', 'enrolment', 'second', 'third', 'last'] as const;
export type Visit = (typeof visits)[number];

const dayMs = 86_400_000;
const firstMs = Date.UTC(2025, 0, 6, 8);
/** Days from a person's registration to each visit. */
const dayOf: Readonly<Record<Visit, number>> = {
  registration: 0,
  intake: 2,
  enrolment: 14,
  second: 42,
  third: 70,
  last: 182,
};
/** People come over so many days, in no order. */
const spreadDays = 540;

const practiceOf = (patient: number) => Math.floor((patient - 1) / patientsOfOne) + 1;

export const generalPractitionerOf = (patient: number) => `Practitioner/gp-${practiceOf(patient)}`;
export const therapistOf = (patient: number) => `Practitioner/therapist-${practiceOf(patient)}`;

/** When the person came, in milliseconds since the epoch. */
export function visitMs(patient: number, visit: Visit): number {
  return firstMs + (((patient * 37) % spreadDays) + dayOf[visit]) * dayMs + (patient % 480) * 60_000;
}

/** When the records of a visit are written, whoever the person is: ids are in the order of writing, as those of the service are. */
export const writtenMs = (visit: Visit, patient: number): number =>
  firstMs + (dayOf[visit] + spreadDays) * dayMs + patient;

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

/** In the form of the service's own ids: UUID version 7. */
export function recordId(patient: number, visit: Visit, part = 0): string {
  const time = hex(writtenMs(visit, patient), 12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(part, 3)}-8000-${hex(patient, 12)}`;
}

export const patientReference = (patient: number) => `Patient/${recordId(patient, 'registration')}`;

/** Parts of the visits at which a questionnaire is answered. */
export const parts = { phq15: 0, phq15Scores: 16, fsq: 32, fsqScores: 48 } as const;

/** Of the enrolment: the plan, the sessions by their number, and so on. */
export const courseParts = {
  carePlan: 0,
  requestGroup: 1,
  careTeam: 2,
  episode: 3,
  baseline: 4,
  goal: 16,
  session: 32,
} as const;

/** The version of each plan: all are written once, and a session that is recorded leaves its plan as it is. */
export const planVersion = '1';

/** How many sessions a course has. */
export const sessionCount = 8;
