// What is sent to refer a patient, and what comes back.
import type { CodeableConcept, ServiceRequest, Task } from '@medplum/fhirtypes';
import type { Given } from '../resources/read-known.ts';

export interface ReferralRequest {
  readonly patientId: string;
  /** Defaults to the one who is asking. */
  readonly requester?: Given;
  /** The candidates: at least one (none for a draft), since a referral that nobody was asked to take is a dead end. */
  readonly owners: readonly Given[];
  readonly reason?: CodeableConcept;
  readonly explanationGiven?: boolean;
  readonly explanationNotGivenReason?: string;
  /** The words in which the symptoms and the therapy were explained; they travel with the referral. */
  readonly explanation?: string;
  /** How the patient received that, in their own words. */
  readonly explanationReceived?: string;
  readonly patientWords?: string;
  readonly note?: string;
  /** Defaults to the newest totals of the followed questionnaires. */
  readonly supportingInfo: readonly Given[];
  readonly consent?: Given;
  /** Write it and send it to nobody yet. */
  readonly draft?: boolean;
  /** A draft that is sent, or an open referral to which further candidates are added, for example after one declined. */
  readonly referral?: Given;
  /** What the client asked for, by its digest. */
  readonly contentMark: string;
  readonly idempotencyKey?: string;
}

export interface ReferralResult {
  /** `repeated`: the same call was made before; nothing was written. */
  readonly kind: 'created' | 'repeated';
  readonly serviceRequest: ServiceRequest;
  /** The coordination Tasks: those made by this call, or all of them for a repeated one. */
  readonly tasks: readonly Task[];
}
