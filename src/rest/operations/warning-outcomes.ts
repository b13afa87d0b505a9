// What a caller should know about what was done all the same, as entries of the answer.
import type { OperationOutcome } from '@medplum/fhirtypes';

export function warningOutcomes(warnings: readonly string[]): readonly OperationOutcome[] {
  return warnings.length === 0
    ? []
    : [
        {
          resourceType: 'OperationOutcome',
          issue: warnings.map((diagnostics) => ({
            severity: 'warning',
            code: 'business-rule',
            diagnostics,
          })),
        },
      ];
}
