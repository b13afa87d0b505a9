// Searches that begin with whom the asker is tied to: the rows of their patients, not everybody's. The visibility itself is tested as
// for every search.
import { referenceTarget } from '../../fhir/reference.ts';
import type { SearchQuery } from '../../fhir/search-query.ts';
import { among, fragment, nothing } from './fragment.ts';
import { hasTimeline } from './index-rows.ts';
import type { Driver } from './search-driver.ts';
import { type FilterContext, targetIds } from './value-sql.ts';
import { unknownId } from './visibility-sql.ts';

/** With more patients than this in reach, a walk through all rows soon meets a visible one. */
const fewPatients = 20;

/** Somebody who sees few patients: their rows, not everybody's. The visibility itself is tested as for every search. */
export function reachDriver(context: FilterContext, typeId: number): Driver | undefined {
  const { dictionary, statements, type, sight } = context;
  const patients = sight
    .filter((visibility) => visibility.kind === 'limited' && !visibility.openTypes.has(type))
    .flatMap((visibility) => {
      if (visibility.kind !== 'limited') {
        return [];
      }
      const reach = visibility.patients;
      if (reach.kind === 'own') {
        return [[targetIds({ type: 'Patient', id: reach.patientId }, undefined, context)[0] ?? unknownId]];
      }
      const tie = reach.kind === 'tied' ? referenceTarget(reach.reference) : undefined;
      if (tie === undefined) {
        return [];
      }
      const rows = statements.all<{ patient_id: number }>(
        'SELECT DISTINCT patient_id FROM care_tie WHERE reference_id = ? LIMIT ?',
        [dictionary.findTarget(statements, tie) ?? unknownId, fewPatients + 1],
      );
      return rows.length > fewPatients ? [] : [rows.map((row) => row.patient_id)];
    })[0];
  if (patients === undefined) {
    return undefined;
  }
  const rows = among('v.patient_id', patients);
  return {
    from: {
      sql: `(SELECT DISTINCT v.row_id AS row_id FROM timeline v WHERE ${rows.sql} AND v.type_id = ?) d`,
      values: [...rows.values, typeId],
    },
    ...(patients.length === 0 && { where: nothing }),
    used: [],
    mayRepeat: false,
  };
}

/** A practice; a hospital that sees more than this sees a good part of all rows anyway. */
const mostPatients = 2_000;

/** The reference by which alone the asker sees patients of this type's rows, when these are no more than a practice has. */
function practiceReference({ dictionary, statements, type, sight }: FilterContext): number | undefined {
  const [tie] = sight.flatMap((visibility) =>
    visibility.kind === 'limited' && !visibility.openTypes.has(type) && visibility.patients.kind === 'tied'
      ? [referenceTarget(visibility.patients.reference)]
      : [],
  );
  const reference = tie && dictionary.findTarget(statements, tie);
  if (reference === undefined) {
    return undefined;
  }
  const [found] = statements.all<{ patients: number }>(
    'SELECT count(*) AS patients FROM (SELECT DISTINCT patient_id FROM care_tie WHERE reference_id = ? LIMIT ?) p',
    [reference, mostPatients + 1],
  );
  return (found?.patients ?? 0) > mostPatients ? undefined : reference;
}

/** The one code that is asked for, where the timeline has codes. */
function codeOf(query: SearchQuery, context: FilterContext): string | undefined {
  const [code] = query.filters.flatMap(({ parameter, test }) =>
    parameter === 'code' && test.kind === 'token' && test.modifier === undefined && test.values.length === 1
      ? test.values
      : [],
  );
  return hasTimeline(context.registry, query.type) ? code?.code : undefined;
}

/** The patients of a practice one after another: for a search that would read far more rows of others. Undefined for whoever has none. */
export function practiceDriver(
  query: SearchQuery,
  context: FilterContext,
  typeId: number,
): Driver | undefined {
  const reference = practiceReference(context);
  if (reference === undefined) {
    return undefined;
  }
  const code = codeOf(query, context);
  // A row that is not about the patient stands in the record without its code; the code is tested like every other condition.
  const coded = code === undefined ? fragment('TRUE') : among('v.code', [code, '']);
  return {
    from: {
      sql: `(SELECT DISTINCT v.row_id AS row_id
               FROM (SELECT DISTINCT k.patient_id AS patient_id FROM care_tie k WHERE k.reference_id = ?) p
               CROSS JOIN timeline v ON v.patient_id = p.patient_id WHERE v.type_id = ? AND ${coded.sql}) d`,
      values: [reference, typeId, ...coded.values],
    },
    used: [],
    mayRepeat: false,
  };
}
