// What is sent when a session is recorded, and what comes back.
import type { Encounter, Resource, ServiceRequest } from '@medplum/fhirtypes';
import type { CourseStep } from '../../course/next-step/next-step.ts';
import type { NotePart } from '../../course/session/session-note.ts';
import type { Given } from '../resources/read-known.ts';
import type { GivenHomework } from './homework-reasons.ts';

export interface SessionRequest {
  readonly carePlanId: string;
  /** The version of the plan that was seen. */
  readonly ifMatch: string | undefined;
  /** "ServiceRequest/x" or the session's number; the next planned one when not said. */
  readonly session?: Given;
  /** A dateTime with its zone, or a calendar date; when not said, the session ends now. */
  readonly start?: string;
  readonly minutes: number;
  readonly performer?: Given;
  /** Take what was planned for the session when no element is sent. */
  readonly asPlanned?: boolean;
  readonly elements: readonly { readonly chosen: Given; readonly minutes: number }[];
  readonly note: Readonly<Partial<Record<NotePart, string>>>;
  readonly homework: readonly GivenHomework[];
  /** How sure the person feels about the one small step, 0 to 10; it becomes something to try at home. */
  readonly confidence?: Given & { readonly level: number };
  /** The note that was begun for this session: a QuestionnaireResponse in progress, which is closed. */
  readonly draft?: Given;
  /** The day of the next session, confirmed or moved. */
  readonly nextDate?: Given;
  /** One of the two: the level of goal attainment, or how well the person can do the activity that the goal is. */
  readonly goalProgress: readonly {
    readonly goal: Given;
    readonly level?: number;
    readonly rating?: number;
    readonly note?: string;
  }[];
  readonly contentMark: string;
  readonly idempotencyKey?: string;
}

export interface SessionResult {
  readonly kind: 'created' | 'repeated';
  readonly encounter: Encounter;
  readonly session: ServiceRequest;
  /** Procedures, observations, homework, goals and the note, as they are stored now. */
  readonly resources: readonly Resource[];
  /** What was to wait and was done, in words. Never a reason to refuse. */
  readonly warnings: readonly string[];
  readonly next: CourseStep;
}
