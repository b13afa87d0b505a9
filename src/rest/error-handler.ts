// The one place that turns what was thrown into an HTTP answer: a refusal as it is, anything else as an opaque 500.
import type { OperationOutcome } from '@medplum/fhirtypes';
import { FhirError, outcomeOf } from '../fhir/error.ts';
import type { Log } from '../runtime/log.ts';
import { type Answer, resourceAnswer } from './answer.ts';

export interface RenderedError {
  readonly status: number;
  readonly outcome: OperationOutcome;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The status and OperationOutcome of anything thrown, for an answer and for Bundle.entry.response.outcome.
 * A bug is logged with its stack, which names our files and never a body; its message may quote data and is left out.
 */
export function renderError(error: unknown, requestId: string, log: Log): RenderedError {
  if (error instanceof FhirError) {
    return { status: error.status, outcome: outcomeOf(error), headers: error.headers };
  }
  log.error('request failed', {
    requestId,
    error: error instanceof Error ? error.name : typeof error,
    stack: error instanceof Error ? callSites(error) : undefined,
  });
  return {
    status: 500,
    outcome: {
      resourceType: 'OperationOutcome',
      issue: [
        { severity: 'fatal', code: 'exception', diagnostics: `Internal error. Request id: ${requestId}` },
      ],
    },
    headers: {},
  };
}

function callSites(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 8)
    .map((line) => line.trim())
    .join(' < ');
}

export function errorAnswer(error: unknown, requestId: string, log: Log): Answer {
  const { status, outcome, headers } = renderError(error, requestId, log);
  return resourceAnswer(status, outcome, headers);
}
