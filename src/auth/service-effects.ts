// What the service may do for an actor who may not do it themself, one row per effect. Always for one patient whom the
// actor reaches, or one group that the actor leads or begins, inside the actor's own transaction, and audited under the actor's name with the effect's.
import type { ResourceType } from '@medplum/fhirtypes';

interface EffectRights {
  readonly reads: readonly ResourceType[];
  /** Of these too what is about no patient at all: a clinic's own teams. */
  readonly readsOfNobody?: readonly ResourceType[];
  readonly creates: readonly ResourceType[];
  readonly updates: readonly ResourceType[];
}

const serviceEffects = {
  /** A person sends answers; the service writes what they add up to, and what the active plan says follows. */
  'score-questionnaire': {
    reads: [
      'Patient',
      'QuestionnaireResponse',
      'Observation',
      'EpisodeOfCare',
      'CarePlan',
      'RequestGroup',
      'ServiceRequest',
      'Goal',
      'Task',
      'Flag',
      'Condition',
      'DetectedIssue',
      'GuidanceResponse',
    ],
    creates: ['Observation', 'GuidanceResponse', 'Flag', 'Task', 'DetectedIssue'],
    updates: ['Observation', 'Flag', 'Task'],
  },
  /** A step of the pathway is asked for; what waits for the person is looked at, whatever the actor may see of it. */
  'look-at-gates': {
    reads: ['Patient', 'Flag', 'Observation'],
    creates: [],
    updates: [],
  },
  /** Something is to be done for the person: whoever has it by the record, are they still at work? Whatever the actor may see of it. */
  'look-who-works': { reads: ['Patient', 'CareTeam'], readsOfNobody: ['CareTeam'], creates: [], updates: [] },
  /** A Task moves; what hangs on it (the referral, the case) moves with it, and the next step finds an owner. */
  'follow-task': {
    reads: [
      'Patient',
      'Task',
      'ServiceRequest',
      'EpisodeOfCare',
      'CarePlan',
      'RequestGroup',
      'CareTeam',
      'Goal',
      'Appointment',
      'Communication',
      'Flag',
    ],
    creates: ['Task', 'EpisodeOfCare', 'Provenance', 'Flag'],
    updates: [
      'Task',
      'ServiceRequest',
      'EpisodeOfCare',
      'CarePlan',
      'RequestGroup',
      'CareTeam',
      'Goal',
      'Appointment',
    ],
  },
  /** A scheduled job finds that a referral waits; it sets a Task, and takes it back when it was answered. */
  'escalate-stale-referrals': {
    reads: ['Patient', 'Task', 'Appointment', 'ServiceRequest', 'CarePlan'],
    creates: ['Task'],
    updates: ['Task'],
  },
  'escalate-alarms': {
    reads: ['Patient', 'Task', 'CarePlan', 'EpisodeOfCare'],
    creates: ['Task'],
    updates: ['Task'],
  },
  /** An answer in a form that was left calls somebody in. */
  'hear-unfinished-forms': {
    reads: ['Patient', 'QuestionnaireResponse', 'Flag', 'Task'],
    creates: ['Flag', 'Task'],
    updates: ['Task'],
  },
  /** An answer that came in as something else than a form of ours calls somebody in. */
  'hear-answers': {
    reads: ['Patient', 'QuestionnaireResponse', 'Observation', 'Flag', 'Task'],
    creates: ['Flag', 'Task'],
    updates: ['Task'],
  },
  'record-deviations': {
    reads: [
      'Patient',
      'Task',
      'CarePlan',
      'RequestGroup',
      'ServiceRequest',
      'Encounter',
      'Procedure',
      'Provenance',
      'DetectedIssue',
    ],
    creates: ['DetectedIssue'],
    updates: ['DetectedIssue'],
  },
  'sweep-dead-ends': {
    reads: [
      'Patient',
      'Task',
      'ServiceRequest',
      'CarePlan',
      'EpisodeOfCare',
      'Composition',
      'DocumentReference',
    ],
    creates: ['Task'],
    updates: ['Task'],
  },
  'chase-overdue-sessions': {
    reads: ['Patient', 'Task', 'ServiceRequest', 'CarePlan'],
    creates: ['Task'],
    updates: ['Task'],
  },
  'remind-questionnaires': { reads: ['Patient', 'Task', 'CarePlan'], creates: ['Task'], updates: ['Task'] },
  'look-at-long-pauses': { reads: ['Patient', 'Task', 'CarePlan'], creates: ['Task'], updates: ['Task'] },
  'offer-follow-ups': {
    reads: ['Patient', 'Task', 'CarePlan', 'EpisodeOfCare'],
    creates: ['Task'],
    updates: ['Task'],
  },
  /** Leaders begin and lead a run of a group programme: what the group has as a whole is written by the service alone. */
  'lead-group': {
    reads: [
      'Group',
      'CarePlan',
      'CareTeam',
      'RequestGroup',
      'ServiceRequest',
      'Encounter',
      'Composition',
      'Appointment',
    ],
    creates: [
      'Group',
      'CarePlan',
      'CareTeam',
      'RequestGroup',
      'ServiceRequest',
      'Encounter',
      'Composition',
      'Appointment',
    ],
    updates: ['Group', 'CarePlan', 'CareTeam', 'RequestGroup', 'ServiceRequest', 'Appointment'],
  },
  /** Somebody who takes part in a group leaves it: the group has one place less, a leader is told, and a run without anybody ends. */
  'leave-group': {
    reads: ['Group', 'CarePlan', 'CareTeam', 'RequestGroup', 'ServiceRequest', 'Appointment'],
    creates: ['Task'],
    updates: ['Group', 'CarePlan', 'CareTeam', 'RequestGroup', 'ServiceRequest', 'Appointment'],
  },
  /** A consent no longer stands: what else rested on it ends too. */
  'end-consent': { reads: ['Patient', 'Consent'], creates: [], updates: ['Consent'] },
  /** A scheduled job finds that the time of a consent has passed; what follows is done as when one is withdrawn. */
  'follow-ended-consents': {
    reads: ['Patient', 'Task', 'ServiceRequest', 'CareTeam', 'Consent'],
    creates: [],
    updates: ['Consent'],
  },
  /** Who leads a course for pairs asks the therapists to prepare what the patients prepare too, and whether they have agreed. */
  'lead-pairs': {
    reads: ['QuestionnaireResponse', 'Task'],
    creates: ['Task'],
    updates: ['Task'],
  },
} as const satisfies Record<string, EffectRights>;

/**
 * The group of a run that begins: an id that nothing has yet. Or the group of a plan that the actor sees, or that a plan of one
 * person whom the actor reaches is a part of. Or a practitioner who takes part in one themself.
 */
export type GroupOfRun =
  | { readonly newGroup: string }
  | { readonly carePlan: string }
  | { readonly ownPlan: string }
  | { readonly practitioner: string };

export type ServiceEffect = keyof typeof serviceEffects;

export function rightsOfEffect(effect: ServiceEffect): EffectRights {
  return serviceEffects[effect];
}
