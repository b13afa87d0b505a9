// What is sent when a day of a group was held, and what comes back.
import type { CarePlan, Encounter, Resource, ServiceRequest } from '@medplum/fhirtypes';
import type { CourseStep } from '../../course/next-step/next-step.ts';
import type { Given } from '../resources/read-known.ts';

export interface GivenAttendance {
  readonly member: Given;
  readonly presence: Given;
  readonly minutes?: number;
  readonly quiet: readonly {
    readonly exercise: Given;
    readonly instead?: Given;
    readonly minutes?: number;
  }[];
}

export interface GroupDayRequest {
  /** Of the group. */
  readonly carePlanId: string;
  /** The number of the day; the next one when not said. */
  readonly day?: number;
  /** An instant with its zone; when not said, the day ends now. */
  readonly start?: Given;
  /** When not said, as long as the plan says. */
  readonly minutes?: number;
  /** Who led; the leaders of the run when not said. */
  readonly leaders: readonly Given[];
  readonly leadersReason?: string;
  readonly attendance: readonly GivenAttendance[];
  readonly themes: readonly { readonly code: Given; readonly minutes: number }[];
  readonly note?: Given;
  readonly contentMark: string;
  readonly ifMatch?: string;
}

export interface GroupDayResult {
  readonly kind: 'created' | 'repeated';
  /** Of the group, with the version that the next call names. */
  readonly carePlan: CarePlan;
  readonly versionId: string;
  readonly day: ServiceRequest;
  readonly encounter: Encounter;
  /** The note of the group, and what was written on the members' own records. */
  readonly resources: readonly Resource[];
  readonly next: CourseStep;
}
