// Writes what a new version of a protocol changes in one step of a course as a part of Parameters.
import type { ParametersParameter } from '@medplum/fhirtypes';
import type { MigrationResult } from '../../workflows/course-changes/migration-request.ts';
import { saidParameter } from '../../workflows/said-parameter.ts';
import { stepParts } from './changed-parameter.ts';

export function stepImpactParameter(impact: MigrationResult['impacts'][number]): ParametersParameter {
  const { stepId, title, change, keptBecause, aspects, before, after, reasons } = impact;
  return {
    name: 'step',
    part: [
      { name: 'step', valueString: stepId },
      saidParameter('title', title),
      { name: 'change', valueCode: change },
      ...(keptBecause ? [{ name: 'because', valueCode: keptBecause }] : []),
      ...aspects.map((aspect) => ({
        name: 'aspect',
        part: [
          { name: 'name', valueCode: aspect.name },
          { name: 'outcome', valueCode: aspect.outcome },
          ...(aspect.keptBecause ? [{ name: 'because', valueCode: aspect.keptBecause }] : []),
        ],
      })),
      ...(before ? [{ name: 'before', part: stepParts(before) }] : []),
      ...(after && change !== 'kept' && change !== 'dropped'
        ? [{ name: 'after', part: stepParts(after) }]
        : []),
      ...reasons.map(({ edit, reason, source }) => ({
        name: 'tailored',
        part: [
          { name: 'edit', valueCode: edit },
          { name: 'reason', valueCodeableConcept: reason },
          { name: 'source', valueReference: { reference: source } },
        ],
      })),
    ],
  };
}
