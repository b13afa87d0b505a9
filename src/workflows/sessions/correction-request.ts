// What is sent to correct the record of a session, and what comes back.
import type { CodeableConcept, Encounter, Provenance, Resource, ServiceRequest } from '@medplum/fhirtypes';
import type { CourseStep } from '../../course/next-step/next-step.ts';
import type { NotePart } from '../../course/session/session-note.ts';
import type { Given } from '../resources/read-known.ts';
import type { GivenHomework } from './homework-reasons.ts';
import type { SessionRequest } from './session-request.ts';

/** A part that is not given stays as it is; `clear` takes one out. */
export interface CorrectionRequest {
  readonly carePlanId: string;
  readonly ifMatch: string | undefined;
  /** "ServiceRequest/x" or the session's number. */
  readonly session: Given;
  /** The version of the Encounter that was seen, bare. */
  readonly recordVersion: string | undefined;
  readonly reason: CodeableConcept | undefined;
  /** Recorded by mistake: the session never was. */
  readonly neverHeld: boolean;
  /** Recorded by mistake: the session was not missed, or not on that day. */
  readonly neverMissed?: boolean;
  readonly start?: string;
  readonly minutes?: number;
  readonly elements?: SessionRequest['elements'];
  readonly note: Readonly<Partial<Record<NotePart, string>>>;
  readonly confidence?: SessionRequest['confidence'];
  readonly homework?: readonly GivenHomework[];
  readonly goalProgress?: SessionRequest['goalProgress'];
  readonly clear: readonly Given[];
  readonly contentMark: string;
}

export interface CorrectionResult {
  readonly encounter: Encounter;
  readonly session: ServiceRequest;
  /** What has a new version, is new, or is entered-in-error now. */
  readonly changed: readonly Resource[];
  /** Absent when the same was sent before, and nothing was written. */
  readonly provenance?: Provenance;
  readonly warnings: readonly string[];
  readonly next: CourseStep;
}
