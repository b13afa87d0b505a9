// Reads the sessions or the days of a plan that somebody else may have written: what cannot be read is told, and is no fault of ours.
import type { PlanDefinition } from '@medplum/fhirtypes';
import { canonicalOf } from '../fhir/canonical.ts';
import { businessRule, FhirError } from '../fhir/error.ts';

/** Refused (422): sessions without a length, a number or a date. */
export function readable<T>(plan: PlanDefinition, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FhirError) throw error;
    const why = error instanceof Error ? error.message : '';
    throw businessRule(`no course can be planned by ${canonicalOf(plan)}: ${why}`, 'PlanDefinition.action');
  }
}

/** Undefined where it cannot be read: a course that runs by such a plan goes on by what was agreed in it. */
export function ifReadable<T>(plan: PlanDefinition, read: () => T): T | undefined {
  try {
    return readable(plan, read);
  } catch (error) {
    if (error instanceof FhirError) return undefined;
    throw error;
  }
}
