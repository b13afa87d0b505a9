// Who may call which operation. A table to be read; what it decides is decided in permits.ts.
import type { ResourceType } from '@medplum/fhirtypes';
import type { Letter, TableRole } from './permit-table.ts';

/** Who may call an operation. An integrator needs every scope named; the reads and writes inside are checked once more, each by itself. */
export interface OperationPermit {
  readonly roles: readonly TableRole[];
  readonly scopes: readonly (readonly [ResourceType, Letter])[];
}

/** Every role, and an integrator with whatever scopes: these look at what is sent, and at published content that names nobody. */
const anyToken: OperationPermit = { roles: ['gp', 'therapist', 'patient', 'manager'], scopes: [] };

/** What changing a plan writes. */
const planScopes: OperationPermit['scopes'] = [
  ['CarePlan', 'u'],
  ['RequestGroup', 'u'],
  ['ServiceRequest', 'c'],
  ['ServiceRequest', 'u'],
  ['Provenance', 'c'],
];

/** A pause stops what hangs on the plan too, and asks somebody to look at it again. */
const pauseScopes: OperationPermit['scopes'] = [
  ...planScopes,
  ['EpisodeOfCare', 'u'],
  ['Task', 'c'],
  ['Task', 'u'],
];

/** By "<type>/$<operation>"; "Resource" stands for every type. An operation that is not here is refused to all but the system. */
export const operationPermits: Readonly<Record<string, OperationPermit>> = {
  'PlanDefinition/$apply': { roles: ['gp', 'therapist'], scopes: [['PlanDefinition', 'r']] },
  'PlanDefinition/$explain': { roles: ['gp', 'therapist'], scopes: [['PlanDefinition', 'r']] },
  'ActivityDefinition/$apply': { roles: ['gp', 'therapist'], scopes: [['ActivityDefinition', 'r']] },
  'Patient/$refer': {
    roles: ['gp'],
    scopes: [
      ['ServiceRequest', 'c'],
      ['Task', 'c'],
    ],
  },
  'PlanDefinition/$enroll': {
    roles: ['therapist'],
    scopes: [
      ['EpisodeOfCare', 'c'],
      ['CarePlan', 'c'],
      ['RequestGroup', 'c'],
      ['Goal', 'c'],
      ['ServiceRequest', 'c'],
    ],
  },
  'CarePlan/$session-complete': {
    roles: ['therapist'],
    scopes: [
      ['Encounter', 'c'],
      ['Procedure', 'c'],
      ['Task', 'c'],
      ['Observation', 'c'],
    ],
  },
  // Whoever held the session: the workflow looks at that.
  'CarePlan/$session-correct': {
    roles: ['therapist'],
    scopes: [
      ['Encounter', 'u'],
      ['Procedure', 'c'],
      ['Procedure', 'u'],
      ['Task', 'c'],
      ['Task', 'u'],
      ['Observation', 'c'],
      ['Observation', 'u'],
      ['Composition', 'u'],
      ['Goal', 'u'],
      ['ServiceRequest', 'u'],
      ['DetectedIssue', 'u'],
      ['Provenance', 'c'],
    ],
  },
  // The person may read what was prepared about them. A GP, who does not read session notes, has $course.
  'CarePlan/$session-brief': { roles: ['therapist', 'patient'], scopes: [['CarePlan', 'r']] },
  'CarePlan/$tailor': {
    roles: ['therapist'],
    // A reason that is given now is written into what nobody had explained before.
    scopes: [
      ...planScopes,
      ['Encounter', 's'],
      ['Procedure', 's'],
      ['Provenance', 's'],
      ['DetectedIssue', 's'],
      ['DetectedIssue', 'u'],
    ],
  },
  // The list goes across patients, so it is made of what the caller's own store finds: a therapist's are the courses of patients in
  // their reach. Who sees no patients (a manager) has no list; a person and their GP hear of it from the therapist, who decides with the person.
  'PlanDefinition/$impact': {
    roles: ['therapist'],
    scopes: [
      ['PlanDefinition', 'r'],
      ['CarePlan', 's'],
      ['ServiceRequest', 's'],
      ['RequestGroup', 'r'],
      ['Provenance', 's'],
    ],
  },
  'CarePlan/$migrate': {
    roles: ['therapist'],
    scopes: [
      ...planScopes,
      ['EpisodeOfCare', 'u'],
      ['Encounter', 's'],
      ['Procedure', 's'],
      ['Provenance', 's'],
      ['DetectedIssue', 's'],
      ['DetectedIssue', 'u'],
    ],
  },
  // What a GP may not read is missing from their answer too.
  'CarePlan/$deviations': { roles: ['gp', 'therapist', 'patient'], scopes: [['CarePlan', 'r']] },
  // Those who see the plan see what could come next and why, the person first of all. The gates are read through the service's own
  // eyes and told in the answer: an integrator may read them itself, as every role here may.
  'CarePlan/$next-steps': {
    roles: ['gp', 'therapist', 'patient'],
    scopes: [
      ['CarePlan', 'r'],
      ['Flag', 's'],
      ['Observation', 's'],
    ],
  },
  // Whoever leads the course writes down what the two of them decided, as with $tailor.
  'CarePlan/$answer-next-steps': {
    roles: ['therapist'],
    scopes: [
      ['CarePlan', 'r'],
      ['Flag', 's'],
      ['Observation', 's'],
      ['GuidanceResponse', 'c'],
      ['Provenance', 'c'],
    ],
  },
  // A GP writes an explanation of their own by plain REST; it follows the same order.
  'CarePlan/$formulate': {
    roles: ['therapist'],
    scopes: [
      ['ClinicalImpression', 'c'],
      ['ClinicalImpression', 's'],
      ['CarePlan', 'u'],
    ],
  },
  'CarePlan/$pause': { roles: ['therapist'], scopes: pauseScopes },
  'CarePlan/$resume': { roles: ['therapist'], scopes: pauseScopes },
  // What a group has as a whole is written by the service for a leader who sees it; the members' own parts as the leader writes them.
  'PlanDefinition/$start-group': {
    roles: ['therapist'],
    scopes: [
      ['Group', 'c'],
      ['EpisodeOfCare', 'c'],
      ['CareTeam', 'c'],
      ['CarePlan', 'c'],
      ['RequestGroup', 'c'],
      ['ServiceRequest', 'c'],
      ['Appointment', 'c'],
      ['Task', 'c'],
    ],
  },
  // What the therapists of the pairs have to do is their own, written by the service.
  'PlanDefinition/$start-pairs': {
    roles: ['therapist'],
    scopes: [
      ['Group', 'c'],
      ['EpisodeOfCare', 'c'],
      ['CareTeam', 'c'],
      ['CarePlan', 'c'],
      ['RequestGroup', 'c'],
      ['ServiceRequest', 'c'],
      ['Appointment', 'c'],
      ['Observation', 'c'],
      ['Consent', 'c'],
      ['Task', 'c'],
    ],
  },
  'CarePlan/$group-day-complete': {
    roles: ['therapist'],
    scopes: [
      ['CarePlan', 'u'],
      ['ServiceRequest', 'u'],
      ['Encounter', 'c'],
      ['Procedure', 'c'],
      ['Composition', 'c'],
      ['Task', 'c'],
    ],
  },
  'CarePlan/$make-up-day': {
    roles: ['therapist'],
    scopes: [
      ['CarePlan', 'u'],
      ['RequestGroup', 'u'],
      ['ServiceRequest', 'c'],
      ['Appointment', 'c'],
      ['Provenance', 'c'],
      ['Task', 'u'],
    ],
  },
  'CarePlan/$group-member': {
    roles: ['therapist'],
    scopes: [
      ['Group', 'u'],
      ['CarePlan', 'c'],
      ['CarePlan', 'u'],
      ['CareTeam', 'u'],
      ['EpisodeOfCare', 'u'],
      ['ServiceRequest', 'u'],
      ['Appointment', 'u'],
      ['Task', 'c'],
      ['Task', 'u'],
    ],
  },
  // Whoever takes part leaves by themselves; the parts of others that follow are written by the service.
  'CarePlan/$leave': { roles: ['patient', 'therapist'], scopes: [['CarePlan', 'u']] },
  // What a GP or a patient may not read (a session note for a GP) is missing from their answer, because the workflow reads through their store.
  'CarePlan/$course': { roles: ['gp', 'therapist', 'patient'], scopes: [['CarePlan', 'r']] },
  // Whoever writes the letter proposes it; the GP and the patient get the letter that was sent.
  'CarePlan/$closing-letter': { roles: ['therapist'], scopes: [['CarePlan', 'r']] },
  // Both store nothing. What the caller may not search stays open in a form, because the workflow searches through their store.
  'Questionnaire/$populate': {
    roles: ['gp', 'therapist', 'patient'],
    scopes: [
      ['Questionnaire', 'r'],
      ['Patient', 'r'],
    ],
  },
  'QuestionnaireResponse/$extract': {
    roles: ['gp', 'therapist', 'patient'],
    scopes: [
      ['Questionnaire', 'r'],
      ['QuestionnaireResponse', 'r'],
    ],
  },

  // What is stored is looked at through the caller's own store, and a rehearsed write is refused as the write would be.
  'Resource/$validate': anyToken,
  'ValueSet/$expand': anyToken,
  'ValueSet/$validate-code': anyToken,
  'CodeSystem/$validate-code': anyToken,
  'CodeSystem/$lookup': anyToken,
  'CodeSystem/$subsumes': anyToken,
  // Concept maps are found by searching them.
  'ConceptMap/$translate': { ...anyToken, scopes: [['ConceptMap', 's']] },
  // Each shows what reading and searching would show.
  'Observation/$lastn': { roles: ['gp', 'therapist', 'patient'], scopes: [['Observation', 's']] },
  'Patient/$everything': { roles: ['gp', 'therapist', 'patient'], scopes: [['Patient', 'r']] },
};
