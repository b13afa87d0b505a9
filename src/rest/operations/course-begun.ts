// The answer of every operation that begins a course: what was written, with what the caller should know about it all the same.
import type { Bundle, CarePlan, OperationOutcome, Resource } from '@medplum/fhirtypes';
import type { OperationResult } from '../operation.ts';

interface BegunCourse {
  readonly kind: 'created' | 'repeated';
  readonly carePlan: CarePlan;
  readonly resources: readonly Resource[];
  readonly warnings: readonly string[];
}

/** 201 when it has begun by this call, 200 when an earlier one began it. */
export function courseBegun({ kind, carePlan, resources, warnings }: BegunCourse): OperationResult {
  const answered: readonly Resource[] = [...resources, ...warningOutcomes(warnings)];
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    entry: answered.map((resource) => ({ resource })),
  };
  return {
    status: kind === 'created' ? 201 : 200,
    resource: bundle,
    location: `CarePlan/${carePlan.id}`,
  };
}

function warningOutcomes(warnings: readonly string[]): readonly OperationOutcome[] {
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
