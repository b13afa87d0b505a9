// Writes what comes next in a course as a part of Parameters, alike in every operation that says it.
import type { ParametersParameter } from '@medplum/fhirtypes';
import { wordsOf } from '../../workflows/courses/next-step-of.ts';
import type { SessionResult } from '../../workflows/sessions/session-request.ts';

/** What comes next: text, owner, about and, where there is one, the due date. */
export function nextParameter(step: SessionResult['next']): ParametersParameter {
  return {
    name: 'next',
    part: [
      wordsOf(step),
      { name: 'owner', valueReference: { reference: step.owner } },
      { name: 'about', valueReference: { reference: step.about } },
      ...(step.due ? [{ name: 'due', valueDate: step.due }] : []),
    ],
  };
}
