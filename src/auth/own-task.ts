// What patients may change of a Task: how it goes with their own homework, and that they want to stop or pause a referral.
import type { Task } from '@medplum/fhirtypes';
import { changedBeyond } from './changed-fields.ts';

/** What marks a Task as the coordination of a referral; $refer puts it there. */
const referralCode = { system: 'https://w3id.org/alongside/fhir/CodeSystem/course', code: 'referral' };

/**
 * `status` is the patient's. The others follow from it or are kept by the server: businessStatus and lastModified are derived
 * by the rules of the move, statusReason is what those rules ask for when support stops.
 */
const changeable: ReadonlySet<string> = new Set([
  'status',
  'statusReason',
  'businessStatus',
  'lastModified',
  'meta',
]);

/** Why a patient may not make this change, in words for them; undefined when they may. `self` is "Patient/<id>". */
export function faultOfOwnTaskChange(current: Task, next: Task, self: string): string | undefined {
  if (!isOwnHomework(current, self) && !stopsReferral(current, next, self)) {
    return 'You may change only Tasks that are yours to do, and stop or pause a referral of your own.';
  }
  const changed = changedBeyond(current, next, changeable);
  return changed.length === 0
    ? undefined
    : `Of a Task you may change only the status; this also changes ${changed.join(', ')}.`;
}

function isOwnHomework(task: Task, self: string): boolean {
  return task.owner?.reference === self;
}

/** Whether the move is legal, and which reason it needs, is for the rules of the referral. */
function stopsReferral(current: Task, next: Task, self: string): boolean {
  const isReferral = current.code?.coding?.some(
    ({ system, code }) => system === referralCode.system && code === referralCode.code,
  );
  return (
    isReferral === true &&
    current.for?.reference === self &&
    (next.status === 'cancelled' || next.status === 'on-hold')
  );
}
