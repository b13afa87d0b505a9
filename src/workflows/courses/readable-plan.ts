// Reads the sessions or the days of a plan that somebody else may have written: what cannot be read is told, and is no fault of ours.
import type { PlanDefinition } from '@medplum/fhirtypes';
import { canonicalOf } from '../../fhir/canonical.ts';
import { businessRule } from '../../fhir/error.ts';
import { UnreadablePlan } from '../../fhir/unreadable-plan.ts';

/** Refused (422): sessions without a length, a number or a date. */
export function readable<T>(plan: PlanDefinition, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UnreadablePlan)) throw error;
    throw businessRule(
      `no course can be planned by ${canonicalOf(plan)}: ${error.message}`,
      'PlanDefinition.action',
    );
  }
}

/** Undefined where it cannot be read: a course that runs by such a plan goes on by what was agreed in it. */
export function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnreadablePlan) return undefined;
    throw error;
  }
}
