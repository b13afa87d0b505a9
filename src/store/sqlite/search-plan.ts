// Chooses how a search runs. The plan is fixed here and not left to statistics: one condition drives (its index gives the rows),
// every other condition is tested row by row. The order of preference is the order of the rules in `driverOf`.
import type { SearchFilter, SearchQuery } from '../../fhir/search-query.ts';
import { existsSql, type FilterContext, type FilterSql, filterSql } from './filter-sql.ts';
import { allOf, among, anyOf, type Fragment, fragment } from './fragment.ts';
import { dateSql } from './interval-sql.ts';
import {
  type Driver,
  dateDriver,
  indexDriver,
  isRowFilter,
  reachDriver,
  rowDriver,
  timelineDriver,
} from './search-driver.ts';
import { sortKeySql } from './sort-sql.ts';
import { type Sight, visibleSql } from './visibility-sql.ts';

export interface SearchPlan {
  /** What stands behind FROM; its alias `d` has row_id. */
  readonly from: Fragment;
  /** Every condition, the driver's own included. */
  readonly where: Fragment;
  /** SQL of each sort key, in terms of `d`. */
  readonly sortKeys: readonly Fragment[];
  /** The driver's index gives the rows in the order asked for. */
  readonly isSorted: boolean;
  /** The same row can come from the driver more than once. */
  readonly mayRepeat: boolean;
  /** Rows without a value of this parameter do not come from the driver; they stand behind all others. */
  readonly onlyWith?: string;
}

/** Patients first: a person has few rows of a type, a code may have very many. */
const referenceOrder = ['patient', 'subject', 'encounter'];

/** What is absent cannot give rows. */
const neverDrives = 90;

/** The lower, the fewer rows are to be expected. */
function rankOf(filter: SearchFilter, sql: FilterSql): number {
  if (sql.isNegated || filter.test.kind === 'missing') {
    return neverDrives;
  }
  const byKind = {
    token: filter.parameter === 'identifier' ? 0 : 20,
    reference:
      2 +
      ((referenceOrder.indexOf(filter.parameter) + referenceOrder.length + 1) % (referenceOrder.length + 1)),
    uri: 10,
    string: filter.test.kind === 'string' && filter.test.modifier === 'contains' ? 60 : 30,
    date: 40,
    number: 50,
    quantity: 50,
    id: neverDrives,
    missing: neverDrives,
  } as const;
  return byKind[filter.test.kind] + (sql.isPoint ? 0 : 5);
}

function rowColumnSql(filter: SearchFilter, alias: 'd' | 'r', context: FilterContext): Fragment | undefined {
  const { test } = filter;
  if (test.kind === 'id') {
    return among(`${alias}.id`, test.ids);
  }
  return test.kind === 'date' && filter.parameter === '_lastUpdated'
    ? anyOf(
        test.values.map((value) =>
          dateSql(value, `${alias}.last_updated`, `(${alias}.last_updated + 1)`, context.nowMs),
        ),
      )
    : undefined;
}

/** Conditions that leave no more than a person's share of the rows; behind these, whose rows they are decides first. */
const mostSelective = 20;

function driverOf(query: SearchQuery, context: FilterContext, typeId: number, sight: Sight): Driver {
  if (query.filters.some(({ test }) => test.kind === 'id')) {
    return rowDriver(query, typeId);
  }
  const timeline = timelineDriver(query, context, typeId);
  if (timeline !== undefined) {
    return timeline;
  }
  const [best] = query.filters
    .filter((filter) => !isRowFilter(filter))
    .map((filter) => ({ filter, sql: filterSql(filter, context) }))
    .map((entry) => ({ ...entry, rank: rankOf(entry.filter, entry.sql) }))
    .sort((a, b) => a.rank - b.rank);
  if (best !== undefined && best.rank < mostSelective) {
    return indexDriver(best.filter, best.sql);
  }
  const own = reachDriver(context, typeId, sight);
  if (own !== undefined) {
    return own;
  }
  return best !== undefined && best.rank < neverDrives
    ? indexDriver(best.filter, best.sql)
    : (dateDriver(query, context) ?? rowDriver(query, typeId));
}

export function planSearch(
  query: SearchQuery,
  context: FilterContext,
  typeId: number,
  sight: Sight,
): SearchPlan {
  const driver = driverOf(query, context, typeId, sight);
  const isOnResource = driver.from.sql.startsWith('resource d');
  const conditions: Fragment[] = driver.where === undefined ? [] : [driver.where];
  for (const filter of query.filters) {
    const row = rowColumnSql(filter, isOnResource ? 'd' : 'r', context);
    if (row !== undefined) {
      const elsewhere = `EXISTS (SELECT 1 FROM resource r WHERE r.row_id = d.row_id AND ${row.sql})`;
      conditions.push(isOnResource ? row : { sql: elsewhere, values: row.values });
    } else if (!driver.used.includes(filter)) {
      conditions.push(existsSql(filterSql(filter, context), 'd.row_id'));
    }
  }
  const rowInHand = {
    column: 'd.row_id',
    ...(driver.patientId !== undefined && { patientId: driver.patientId }),
  };
  const visible = visibleSql(sight, query.type, rowInHand, context.dictionary, context.statements);
  if (visible !== undefined) {
    conditions.push(visible);
  }
  return {
    from: driver.from,
    where: allOf(conditions),
    sortKeys: query.sort.map((key) =>
      driver.sortKey === undefined ? sortKeySql(key.parameter, context) : fragment(driver.sortKey),
    ),
    isSorted: driver.sortKey !== undefined,
    mayRepeat: driver.mayRepeat,
    ...(driver.onlyWith !== undefined && { onlyWith: driver.onlyWith }),
  };
}
