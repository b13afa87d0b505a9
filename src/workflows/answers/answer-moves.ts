// Which status the answers to a questionnaire may take after which, and what of completed answers may not change.
import type { QuestionnaireResponse } from '@medplum/fhirtypes';
import { businessRule } from '../../fhir/error.ts';
import { isFinished } from '../alarms/alarms-since.ts';

type Status = QuestionnaireResponse['status'];

/** Answers that were once complete are corrected or withdrawn, never reopened: scores rest on them. */
const mayBecome = {
  'in-progress': ['in-progress', 'completed', 'amended', 'entered-in-error', 'stopped'],
  stopped: ['stopped', 'in-progress', 'completed', 'amended', 'entered-in-error'],
  completed: ['completed', 'amended', 'entered-in-error'],
  amended: ['amended', 'entered-in-error'],
  'entered-in-error': ['entered-in-error'],
} as const satisfies Record<Status, readonly Status[]>;

/** Refuses (422) a status that may not follow, with those that may, and another questionnaire or person of completed answers. */
export function checkMove(current: QuestionnaireResponse, next: QuestionnaireResponse): void {
  const allowed: readonly Status[] = mayBecome[current.status];
  if (!allowed.includes(next.status)) {
    throw businessRule(
      `answers that are ${current.status} cannot become ${next.status}; allowed: ${allowed.join(', ')}`,
      'QuestionnaireResponse.status',
    );
  }
  if (!isFinished(current)) return;
  for (const element of ['questionnaire', 'subject'] as const) {
    const before = element === 'subject' ? current.subject?.reference : current.questionnaire;
    const after = element === 'subject' ? next.subject?.reference : next.questionnaire;
    if (before !== after) {
      throw businessRule(
        `the ${element} of completed answers may not change: mark them entered-in-error and send them anew`,
        `QuestionnaireResponse.${element}`,
      );
    }
  }
}
