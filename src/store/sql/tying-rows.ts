// What ties somebody to a patient: the resources behind the care ties of the two.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import { referenceTarget } from '../../fhir/reference.ts';
import type { StoredVersion } from '../store.ts';
import type { Dictionary } from './dictionary.ts';
import { type ResourceRow, rowColumns, versionOf } from './resource-rows.ts';
import type { Statements } from './statements.ts';

/** Whoever has so many Tasks in one care and nothing else is judged by these. */
const mostTying = 100;

/** One that is no Task, where there is one; otherwise the Tasks. */
export function tyingRows(
  statements: Statements,
  dictionary: Dictionary,
  patientId: string,
  reference: string,
): readonly StoredVersion<Resource>[] {
  const target = referenceTarget(reference);
  const who = target && dictionary.findTarget(statements, target);
  const whom = dictionary.findTarget(statements, { kind: 'local', type: 'Patient', id: patientId });
  const taskType = dictionary.findTerm(statements, 'Task');
  if (who === undefined || whom === undefined || taskType === undefined) return [];
  const tying = (isTask: boolean, limit: number) =>
    statements
      .all<ResourceRow & { type: ResourceType }>(
        `SELECT ${rowColumns('r')}, t.text AS type FROM care_tie k
           CROSS JOIN resource r ON r.row_id = k.row_id CROSS JOIN term t ON t.term_id = r.type_id
           WHERE k.reference_id = ? AND k.patient_id = ? AND r.deleted = 0 AND r.type_id ${isTask ? '=' : '<>'} ?
           ORDER BY r.row_id DESC LIMIT ?`,
        [who, whom, taskType, limit],
      )
      .map((row) => versionOf(row.type, row));
  // Nearly always there is one, and the many Tasks of a course need not be read.
  const others = tying(false, 1);
  return others.length > 0 ? others : tying(true, mostTying);
}
