// Where the rows of a search come from: each driver reads one index, in an order that the rest of the search can use.
import type { SearchFilter, SearchQuery } from '../../fhir/search-query.ts';
import { indexTables, parameterSql } from './filter-sql.ts';
import { allOf, among, type Fragment, fragment } from './fragment.ts';
import { hasTimeline, impliedSystem, noSystem } from './index-rows.ts';
import { drivingTable } from './linked-sql.ts';
import { type FilterContext, type FilterSql, targetIds } from './value-sql.ts';
import { unknownId } from './visibility-sql.ts';

export interface Driver {
  /** What stands behind FROM; its alias `d` has row_id. */
  readonly from: Fragment;
  readonly where?: Fragment;
  /** The filters that the driver itself fulfils. */
  readonly used: readonly SearchFilter[];
  /** The same row can come more than once. */
  readonly mayRepeat: boolean;
  /** The driver's own column for the only sort key: its index gives the rows in that order. */
  readonly sortKey?: string;
  /** Rows without a value of this parameter do not come at all. */
  readonly onlyWith?: string;
  /** Every row lies in the compartment of this patient (target_id), perhaps in others too. */
  readonly patientId?: number;
}

export const isRowFilter = (filter: SearchFilter) =>
  filter.parameter === '_id' || filter.parameter === '_lastUpdated';

/** `patient=X&code=Y&_sort=-date`: one walk along the timeline. */
export function timelineDriver(
  query: SearchQuery,
  context: FilterContext,
  typeId: number,
): Driver | undefined {
  const [sort] = query.sort;
  if (
    query.sort.length !== 1 ||
    sort?.parameter !== 'date' ||
    !sort.descending ||
    !hasTimeline(context.registry, query.type)
  ) {
    return undefined;
  }
  const patient = query.filters.find(
    ({ parameter, test }) =>
      (parameter === 'patient' || parameter === 'subject') &&
      test.kind === 'reference' &&
      test.values.length === 1,
  );
  const code = query.filters.find(
    ({ parameter, test }) =>
      parameter === 'code' &&
      test.kind === 'token' &&
      test.modifier === undefined &&
      test.values.length === 1,
  );
  if (patient?.test.kind !== 'reference' || code?.test.kind !== 'token') {
    return undefined;
  }
  const [token] = code.test.values;
  const [reference] = patient.test.values;
  const type = reference?.type ?? (patient.parameter === 'patient' ? 'Patient' : undefined);
  if (token?.code === undefined || reference?.id === undefined || type !== 'Patient') {
    return undefined;
  }
  const patientId = targetIds({ type, id: reference.id }, undefined, context)[0] ?? unknownId;
  const systems =
    token.system === undefined
      ? []
      : [
          token.system === ''
            ? noSystem
            : (context.dictionary.findTerm(context.statements, token.system) ?? impliedSystem),
          impliedSystem,
        ];
  return {
    from: fragment('timeline d'),
    where: allOf([
      fragment('d.patient_id = ? AND d.type_id = ? AND d.code = ?', patientId, typeId, token.code),
      ...(systems.length === 0 ? [] : [among('d.system_id', systems)]),
    ]),
    used: [patient, code],
    // Two codings of one resource may carry the same code in two systems.
    mayRepeat: true,
    sortKey: 'd.from_ms',
    patientId,
  };
}

/** The index gives the rows; SQLite folds the plain form into the search around it, so that its order is kept. */
export function indexDriver(filter: SearchFilter, sql: FilterSql): Driver {
  const select = sql.isPoint ? 'SELECT' : 'SELECT DISTINCT';
  return {
    from: {
      sql: `(${select} v.row_id AS row_id FROM ${drivingTable(sql)} WHERE ${sql.where.sql}) d`,
      values: sql.where.values,
    },
    used: [filter],
    mayRepeat: sql.isPoint && sql.mayRepeat,
  };
}

export function rowDriver(query: SearchQuery, typeId: number): Driver {
  const ids = query.filters.filter(({ test }) => test.kind === 'id');
  if (ids.length > 0) {
    return {
      from: fragment('resource d'),
      where: fragment('d.type_id = ? AND d.deleted = 0', typeId),
      used: [],
      mayRepeat: false,
    };
  }
  const [sort] = query.sort;
  const isByTime =
    query.filters.some(isRowFilter) || (query.sort.length === 1 && sort?.parameter === '_lastUpdated');
  return {
    from: fragment(`resource d INDEXED BY ${isByTime ? 'resource_updated' : 'resource_live'}`),
    where: fragment('d.type_id = ? AND d.deleted = 0', typeId),
    used: [],
    mayRepeat: false,
    ...(query.sort.length === 1 && sort?.parameter === '_lastUpdated' && { sortKey: 'd.last_updated' }),
  };
}

/** `_sort=-date` over a whole type: a walk through the dates themselves. */
export function dateDriver(query: SearchQuery, context: FilterContext): Driver | undefined {
  const [sort, ...more] = query.sort;
  const facts = sort && context.registry.parameter(query.type, sort.parameter);
  if (more.length > 0 || facts?.kind !== 'date' || facts.storedAs.length !== 1) {
    return undefined;
  }
  const stored = parameterSql(facts, 'd.parameter_id', context);
  const { table, index } = indexTables.date;
  const before = sort?.descending === true ? '>' : '<';
  return {
    from: fragment(`${table} d INDEXED BY ${index}`),
    // A resource with several dates stands at the one that comes first in the order asked for.
    where: fragment(
      `${stored.sql} AND NOT EXISTS (SELECT 1 FROM ${table} o NOT INDEXED
         WHERE o.row_id = d.row_id AND o.parameter_id = d.parameter_id AND o.from_ms ${before} d.from_ms)`,
      ...stored.values,
    ),
    used: [],
    mayRepeat: true,
    sortKey: 'd.from_ms',
    onlyWith: facts.code,
  };
}
