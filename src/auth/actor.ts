// Who is asking. An actor is made once per request from its bearer token and travels in the workflow context.

/** What kind of user a token was made for. */
export type Role = 'gp' | 'therapist' | 'patient' | 'integrator' | 'manager' | 'system';

export interface Actor {
  readonly role: Role;
  /** The FHIR reference of the person or system behind the token, such as "Practitioner/x" or "Patient/y"; absent for some integrators and for the system. */
  readonly subject?: string;
  /** SMART v2 scopes such as "system/Observation.rs"; only integrators carry them. */
  readonly scopes: readonly string[];
  /** The public id of the token, for the audit trail. Never the token itself. */
  readonly tokenId: string;
}

/**
 * Which stored resources an actor may see at all. The store compiles it into SQL, before any LIMIT and on included rows too.
 * An absent list means nothing, never everything.
 */
export type Visibility =
  | { readonly kind: 'everything' }
  | {
      readonly kind: 'limited';
      /** Types whose resources are visible when they lie in no patient's compartment (directories, definitions). */
      readonly openTypes: ReadonlySet<string>;
      /** Types inside a patient's compartment that are visible for the patients in reach. */
      readonly patientTypes: ReadonlySet<string>;
      readonly patients: PatientReach;
    };

export type PatientReach =
  | { readonly kind: 'none' }
  /** One patient, by id: the patient's own token. */
  | { readonly kind: 'own'; readonly patientId: string }
  /** What a group has as a whole and nothing of its members: the service acting for a leader. */
  | { readonly kind: 'group'; readonly groupId: string }
  /** What is a practitioner's own, and nothing else: the service acting for whoever leads a course that they take part in. */
  | { readonly kind: 'practitioner'; readonly practitionerId: string }
  /** Every patient whom a CareTeam, referral, Task, episode or general-practitioner entry ties to this reference. */
  | { readonly kind: 'tied'; readonly reference: string }
  /** Every patient: integrators and the system, still only for the types listed. */
  | { readonly kind: 'all' };
