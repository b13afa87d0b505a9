// What is sent when a run of a group begins, and what comes back.
import type { CarePlan, Resource } from '@medplum/fhirtypes';
import type { Given } from '../resources/read-known.ts';

export interface GroupRunRequest {
  readonly planId: string;
  readonly leaders: readonly Given[];
  readonly members: readonly Given[];
  /** Why the group is larger or smaller than the plan's. */
  readonly sizeReason?: string;
  /** The first day. */
  readonly start?: string;
  /** Every day, a date or an instant with its zone; none: by the plan. */
  readonly days: readonly Given[];
  /** Why days lie closer together or further apart than the plan's. */
  readonly datesReason?: string;
  /** "Location/x" or text. */
  readonly place?: Given;
  readonly contentMark: string;
  readonly idempotencyKey?: string;
}

export interface GroupRunResult {
  readonly kind: 'created' | 'repeated';
  readonly carePlan: CarePlan;
  /** The group's plan first, then what belongs to it, then each member's own plan. Never the Group: who takes part is told by the members' plans. */
  readonly resources: readonly Resource[];
  readonly warnings: readonly string[];
}
