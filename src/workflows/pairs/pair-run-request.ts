// What is sent when a course for pairs begins. What comes back is as for a group.
import type { GroupRunRequest } from '../groups/group-run-request.ts';
import type { Given } from '../resources/read-known.ts';

export interface GivenPair {
  /** Each is exactly one; none or several are refused with the place of the pair. */
  readonly patients: readonly Given[];
  readonly therapists: readonly Given[];
  readonly patientConsent?: string;
  readonly therapistConsent?: string;
  readonly expression: string;
}

export interface PairRunRequest extends Omit<GroupRunRequest, 'leaders' | 'members'> {
  readonly instructors: readonly { readonly who: Given; readonly role: Given }[];
  readonly pairs: readonly GivenPair[];
}
