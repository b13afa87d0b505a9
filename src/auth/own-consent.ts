// What patients may change of a Consent: that one of their own is withdrawn.
import type { Consent } from '@medplum/fhirtypes';
import { changedBeyond } from './changed-fields.ts';

const changeable: ReadonlySet<string> = new Set(['status', 'meta', 'text']);

/** Why a patient may not make this change, in words for them; undefined when they may. `self` is "Patient/<id>". */
export function faultOfOwnConsentChange(current: Consent, next: Consent, self: string): string | undefined {
  const isOwn = (current.performer ?? []).every(
    ({ reference = '' }) => !reference.startsWith('Practitioner'),
  );
  if (current.patient?.reference !== self || !isOwn) return 'You may withdraw only a consent of your own.';
  if (next.status !== 'inactive') {
    return 'You may withdraw a consent of your own: set its status to inactive. A new one is given by talking with whoever asked for it.';
  }
  const changed = changedBeyond(current, next, changeable);
  return changed.length === 0
    ? undefined
    : `Of a consent you may change only the status, to inactive; this also changes ${changed.join(', ')}.`;
}
