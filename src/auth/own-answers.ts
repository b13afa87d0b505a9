// What patients may change of a QuestionnaireResponse: what they wrote themselves and keep to themselves. Nobody else can see it, so
// nobody else could put a wrong day or a regretted word right. What was shared stays as it was sent: others have acted on it.
import type { QuestionnaireResponse } from '@medplum/fhirtypes';
import { isForThePersonAlone } from '../fhir/for-the-person-alone.ts';
import { changedBeyond } from './changed-fields.ts';

/**
 * What was written, when, and whether it still stands. Whether the mark among the extensions may go is for the rules of the form
 * (workflows/answers/check-answer-privacy.ts), which knows whom the person chose to share with.
 */
const changeable: ReadonlySet<string> = new Set([
  'status',
  'authored',
  'item',
  'extension',
  'language',
  'text',
  'meta',
]);

/** Why a patient may not make this change, in words for them; undefined when they may. `self` is "Patient/<id>". */
export function faultOfOwnAnswersChange(
  current: QuestionnaireResponse,
  next: QuestionnaireResponse,
  self: string,
): string | undefined {
  if (!isForThePersonAlone(current) || !isWrittenBy(current, self)) {
    return 'You may change only answers that you wrote yourself and keep to yourself. If something in others is wrong, tell somebody who treats you.';
  }
  const changed = changedBeyond(current, next, changeable);
  return changed.length === 0
    ? undefined
    : `Of what you keep to yourself you may change the answers, their date and their status; this also changes ${changed.join(', ')}.`;
}

/** About the person, and by nobody else: where nobody is named as author or source, it is whoever it is about. */
function isWrittenBy({ subject, author, source }: QuestionnaireResponse, self: string): boolean {
  return [subject, author ?? subject, source ?? subject].every((who) => who?.reference === self);
}
