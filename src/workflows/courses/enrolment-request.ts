// What is sent to begin a course, and what comes back.
import type { CarePlan, Resource } from '@medplum/fhirtypes';
import type { Given } from '../resources/read-known.ts';
import type { GivenGoal } from './agreed-goal.ts';
import type { LeftOut } from './checked-selections.ts';

export interface EnrolmentRequest {
  readonly planId: string;
  readonly subject: Given;
  /** The referral (ServiceRequest) or its coordination Task. */
  readonly referral?: Given;
  /** The version of what `referral` names that was seen: somebody may have moved it meanwhile. */
  readonly ifMatch?: string;
  readonly noReferralReason?: string;
  readonly noBaselineReason?: string;
  /** YYYY-MM-DD; today when not said. */
  readonly start?: string;
  /** Defaults to the one who is asking. */
  readonly careManager?: Given;
  /** How many sessions; the protocol's usual number when not said. */
  readonly sessions?: number;
  /** Asked for, never demanded, when the number lies outside the protocol. */
  readonly sessionsReason?: string;
  /** The length agreed on, in minutes; the protocol's range when not said. */
  readonly minutes?: number;
  readonly goals: readonly GivenGoal[];
  /** Element codes or ActivityDefinition canonicals that the sessions are to consist of. */
  readonly selections: readonly Given[];
  /** What the plan has unless a reason is kept, and this course does without. */
  readonly leftOut: readonly LeftOut[];
  readonly contentMark: string;
  readonly idempotencyKey?: string;
}

export interface EnrolmentResult {
  readonly kind: 'created' | 'repeated';
  readonly carePlan: CarePlan;
  /** Everything of the course: episode, plan, order, team, goals, sessions. */
  readonly resources: readonly Resource[];
  /** What differs from the protocol, or is to be looked at once more, in words. Never a reason to refuse. */
  readonly warnings: readonly string[];
}
