// What the service may do for an actor who may not do it themself, one row per effect. Always for one patient whom the
// actor reaches, inside the actor's own transaction, and audited under the actor's name with the effect's.
import type { ResourceType } from '@medplum/fhirtypes';

interface EffectRights {
  readonly reads: readonly ResourceType[];
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
    ],
    creates: ['Task', 'EpisodeOfCare', 'Provenance', 'Flag'],
    updates: ['Task', 'ServiceRequest', 'EpisodeOfCare', 'CarePlan', 'RequestGroup'],
  },
} as const satisfies Record<string, EffectRights>;

export type ServiceEffect = keyof typeof serviceEffects;

export function rightsOfEffect(effect: ServiceEffect): EffectRights {
  return serviceEffects[effect];
}
