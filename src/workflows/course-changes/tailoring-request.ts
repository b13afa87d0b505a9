// What is sent to change a plan, and what comes back.
import type { CarePlan, Provenance, ServiceRequest } from '@medplum/fhirtypes';
import type { CourseStep } from '../../course/next-step/next-step.ts';
import type { PlanStep } from '../../course/plan/plan-step.ts';
import type { Given } from '../resources/read-known.ts';
import type { GivenReason } from './tailoring-reason.ts';

/** One edit as it came; which parts it needs depends on its kind. */
export interface GivenEdit extends GivenReason {
  readonly kind: string;
  /** "ServiceRequest/x", the number, or the step. */
  readonly session?: Given;
  readonly date?: string;
  readonly title?: string;
  readonly minutes?: number;
  /** Of the second part, when a session is split. */
  readonly secondMinutes?: number;
  readonly days?: number;
  readonly from?: Given;
  readonly to?: Given;
  readonly elements: readonly Given[];
  readonly shift?: boolean;
  readonly text?: string;
}

export interface TailoringRequest {
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
  readonly edits: readonly GivenEdit[];
}

/** A session of the plan, now and before. */
export interface ChangedSession {
  readonly session: ServiceRequest;
  readonly before?: PlanStep;
  readonly after: PlanStep;
}

export interface TailoringResult {
  readonly carePlan: CarePlan;
  /** Those that are new or other than before. */
  readonly changed: readonly ChangedSession[];
  readonly provenances: readonly Provenance[];
  /** What differs from the protocol, in words. Never a reason to refuse. */
  readonly warnings: readonly string[];
  readonly next: CourseStep;
}
