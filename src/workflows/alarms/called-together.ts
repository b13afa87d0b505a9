// The Tasks that the entries of one transaction have made so far. Nobody can have read one of them yet: another answer of the same day
// that calls the same person for the same joins it, and is read with it.
import type { CalendarDate } from '../../course/calendar.ts';
import { parseCanonical } from '../../fhir/canonical.ts';

interface Call {
  readonly patientId: string;
  /** Canonical of the activity. */
  readonly action: string;
  /** The day on which the answer was given. */
  readonly saidOn: CalendarDate;
}

export interface CalledTogether {
  /** Id of the Task. */
  find(call: Call): string | undefined;
  note(call: Call, taskId: string): void;
}

export function calledTogether(): CalledTogether {
  const made = new Map<string, string>();
  return {
    find: (call) => made.get(keyOf(call)),
    note(call, taskId) {
      made.set(keyOf(call), taskId);
    },
  };
}

function keyOf({ patientId, action, saidOn }: Call): string {
  return [patientId, parseCanonical(action).url, saidOn].join(' ');
}
