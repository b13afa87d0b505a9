// What patients may change of a QuestionnaireResponse that they wrote themselves: what they keep to themselves, which nobody else can see and
// could put right for them, and what they have not finished. What was finished and shared stays as it was sent: others have acted on it.
import type { QuestionnaireResponse } from '@medplum/fhirtypes';
import { isForThePersonAlone } from '../fhir/for-the-person-alone.ts';
import { changedBeyond } from './changed-fields.ts';

/** What was written, when, and whether it still stands. */
const ofDraft: ReadonlySet<string> = new Set(['status', 'authored', 'item', 'language', 'text', 'meta']);
/**
 * Whether the mark among the extensions may go is for the rules of the form (workflows/answers/check-answer-privacy.ts), which knows whom
 * the person chose to share with.
 */
const ofKept: ReadonlySet<string> = new Set([...ofDraft, 'extension']);

const unfinished: ReadonlySet<string> = new Set(['in-progress', 'stopped']);

/** Why a patient may not make this change, in words for them; undefined when they may. `self` is "Patient/<id>". */
export function faultOfOwnAnswersChange(
  current: QuestionnaireResponse,
  next: QuestionnaireResponse,
  self: string,
): string | undefined {
  const isKept = isForThePersonAlone(current);
  if (isKept ? !isWrittenBy(current, self) : !isDraftOf(current, self)) {
    return 'You may change only answers that you wrote yourself and that are not finished, or that you keep to yourself. If something in others is wrong, tell somebody who treats you.';
  }
  const changed = changedBeyond(current, next, isKept ? ofKept : ofDraft);
  return changed.length === 0
    ? undefined
    : `Of your own answers you may change what you answered, its date and its status; this also changes ${changed.join(', ')}.`;
}

/** About the person, and by nobody else: where nobody is named as author or source, it is whoever it is about. */
function isWrittenBy({ subject, author, source }: QuestionnaireResponse, self: string): boolean {
  return [subject, author ?? subject, source ?? subject].every((who) => who?.reference === self);
}

/** Begun by the person, who is named: where nobody is, it may as well be a form of whoever treats them. */
function isDraftOf(answers: QuestionnaireResponse, self: string): boolean {
  const { status, author, source } = answers;
  return unfinished.has(status) && (author ?? source)?.reference === self && isWrittenBy(answers, self);
}
