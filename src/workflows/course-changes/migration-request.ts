// What is sent to bring a course to a newer version of its protocol, or to keep it on its own; and what comes back.
import type { CarePlan, Provenance } from '@medplum/fhirtypes';
import type { CourseStep } from '../../course/next-step/next-step.ts';
import type { Given } from '../resources/read-known.ts';
import type { ImpactOnStep } from './plan-migration.ts';
import type { GivenReason } from './tailoring-reason.ts';
import type { ChangedSession } from './tailoring-request.ts';

export interface MigrationRequest extends GivenReason {
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
  /** Canonical of the new version, with |version. */
  readonly to: Given | undefined;
  /** keep: the course stays on its version, and that is written down. */
  readonly choice: 'migrate' | 'keep';
  /** Sessions whose tailoring is given up for what the new version has. */
  readonly renew: readonly Given[];
}

export interface MigrationResult {
  readonly outcome: 'migrated' | 'kept' | 'already-there';
  readonly carePlan: CarePlan;
  readonly impacts: readonly ImpactOnStep[];
  /** Those that are new or other than before. */
  readonly changed: readonly ChangedSession[];
  /** Absent where nothing was to be written. */
  readonly provenance?: Provenance;
  readonly warnings: readonly string[];
  readonly next: CourseStep;
}
