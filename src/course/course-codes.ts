// The names that the course gives to its own things: code systems, identifier systems and extensions of fhir-profiles/.
import type { CarePlan, CodeableConcept, Goal } from '@medplum/fhirtypes';

const base = 'https://w3id.org/alongside/fhir';

export const courseSystem = `${base}/CodeSystem/course`;
export const referralStatusSystem = `${base}/CodeSystem/referral-status`;
export const planDeviationSystem = `${base}/CodeSystem/plan-deviation`;
export const pairPartSystem = `${base}/CodeSystem/joint-course-part`;
export const pairRoleSystem = `${base}/CodeSystem/joint-course-role`;
export const tailoringReasonSystem = `${base}/CodeSystem/tailoring-reason`;
export const elementSystem = `${base}/CodeSystem/pss-element`;

/** Business identifier of one course; every resource of the course can be found by it. */
export const courseIdentifierSystem = `${base}/identifier/course`;
/** SHA-256 of what a client sent, so that a repeated call is known as such. */
export const contentIdentifierSystem = `${base}/identifier/request-content`;
/** The same of the newest correction of a record. */
export const correctionIdentifierSystem = `${base}/identifier/correction-content`;
/** The Idempotency-Key that a client sent. */
export const keyIdentifierSystem = `${base}/identifier/idempotency-key`;

export const extensionUrl = {
  explanationGiven: `${base}/StructureDefinition/explanation-given`,
  explanationNotGivenReason: `${base}/StructureDefinition/explanation-not-given-reason`,
  gasLevel: `${base}/StructureDefinition/gas-level`,
  /** When the person who waits was promised a first appointment, on the episode. */
  promisedFirstDate: `${base}/StructureDefinition/promised-first-date`,
  goalWeight: `${base}/StructureDefinition/goal-weight`,
  minutes: `${base}/StructureDefinition/minutes`,
  notAgreedReason: `${base}/StructureDefinition/not-agreed-reason`,
  planStep: `${base}/StructureDefinition/plan-step`,
  sessionNumber: `${base}/StructureDefinition/session-number`,
  tailoringEdit: `${base}/StructureDefinition/tailoring-edit`,
  tailoringReason: `${base}/StructureDefinition/tailoring-reason`,
  /** https://hl7.org/fhir/R4/extension-request-statusreason.html: R4 has no statusReason on requests. */
  statusReason: 'http://hl7.org/fhir/StructureDefinition/request-statusReason',
  /** CPG-on-FHIR 2.0: which case a care plan manages, and which pathway a case is enrolled in. */
  planFor: 'http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-planFor',
  enrolledIn: 'http://hl7.org/fhir/uv/cpg/StructureDefinition/cpg-enrolledIn',
} as const;

const courseDisplays = {
  'psychosomatic-therapy': 'Psychosomatic therapy',
  referral: 'Coordination of a referral',
  'next-step': 'Decide the next step',
  'therapy-session': 'Therapy session',
  homework: 'Something to try at home',
  alternative: 'Another offer',
  'info-request': 'Question about a referral',
  answer: 'Answer to a question',
  'get-in-touch': 'Get in touch',
  'closing-letter': 'Closing letter',
  'score-at-end': 'Score at the end',
  'goal-attainment': 'Goal attainment (-2 to +2)',
  confidence: 'Confidence in a small step (0 to 10)',
  'open-goal': 'Goal that goes on',
  'find-out': 'What the person wants to find out',
  'questionnaire-due': 'Questionnaire to fill in',
  questionnaire: 'The questionnaire',
  response: 'The answers',
  'plan-action': 'The step of the plan',
  'group-day': 'Day of a group',
  'make-up-offer': 'Offer of a day to make up',
  'group-place': 'Place in a group',
  'follow-up': 'Follow-up',
  'hand-over-note': 'Note for the other leaders',
  'group-leader': 'Leader of a group',
  'left-early': 'Left before the end',
  present: 'Was there',
  'absent-with-notice': 'Was not there, and let us know',
  'absent-without-notice': 'Was not there',
} as const;

export type CourseCode = keyof typeof courseDisplays;

export function courseConcept(code: CourseCode): CodeableConcept {
  return { coding: [{ system: courseSystem, code, display: courseDisplays[code] }] };
}

/** True when one of the codings is this code of our course system. */
export function hasCourseCode(concept: CodeableConcept | undefined, code: CourseCode): boolean {
  return concept?.coding?.some((coding) => coding.system === courseSystem && coding.code === code) ?? false;
}

/** The business identifier of the course that a plan belongs to; undefined for a plan of no course. */
export const courseIdOf = ({ identifier }: Pick<CarePlan, 'identifier'>): string | undefined =>
  identifier?.find(({ system }) => system === courseIdentifierSystem)?.value;

export const isOfCourse = ({ identifier }: Pick<CarePlan | Goal, 'identifier'>): boolean =>
  identifier?.some(({ system }) => system === courseIdentifierSystem) ?? false;
