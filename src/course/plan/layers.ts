// What is laid side by side for each session: protocol, plan and what took place, with why the plan is as it is.
import type { CodeableConcept, Coding } from '@medplum/fhirtypes';
import type { Days } from '../calendar.ts';
import type { Sentences } from '../course-sentences.ts';
import type { Said } from '../said.ts';
import type { MissedDay } from '../session/attendance.ts';
import type { DeliveredDose } from '../session/element-dose.ts';
import type { ProtocolStep } from './baseline.ts';
import type { PlanStep } from './plan-step.ts';

/** Why a session of the plan is as it is, or went as it went. */
export interface Explanation {
  /** Code of CodeSystem/tailoring-edit. */
  readonly edit: string;
  readonly reason: CodeableConcept;
  /** "Provenance/x" */
  readonly source: string;
  readonly at: string;
}

export interface PlannedLayer extends PlanStep {
  /** "ServiceRequest/x" */
  readonly reference: string;
  readonly status: string;
  /** True when it is part of the plan that the course began with. */
  readonly isFromStart: boolean;
  readonly droppedBecause?: CodeableConcept;
  readonly explanations: readonly Explanation[];
}

export interface DeliveredLayer {
  /** "Encounter/x" */
  readonly reference: string;
  readonly held?: string;
  readonly minutes?: number;
  readonly elements: readonly DeliveredDose[];
  /** Elements that were left out, each with what was said about it. */
  readonly leftOut: readonly {
    readonly code: string;
    readonly reason: CodeableConcept;
    readonly source: string;
  }[];
}

export interface Layers {
  readonly stepId: string;
  readonly missed?: readonly MissedDay[];
  readonly protocol?: ProtocolStep;
  readonly plan?: PlannedLayer;
  readonly delivered?: DeliveredLayer;
}

export interface Circumstances extends Days {
  /** Nobody is asked about a session while the course does not run. */
  readonly isRunning: boolean;
  /** How many days after its date a session without a record is asked about; never when the content does not say. */
  readonly daysUntilAsked?: number;
  /** What was said about the plan as a whole, such as why it has fewer sessions. */
  readonly planReasons: readonly CodeableConcept[];
  readonly sentence: Sentences;
  /** What an element of the therapy is called. */
  readonly nameOf: (element: Coding) => Said;
}
