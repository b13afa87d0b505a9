// Chooses how a search runs. The plan is fixed here and not left to statistics: one condition drives (its index gives the rows),
// every other condition is tested row by row. The order of preference is the order of the rules in `driverOf`.
import type { SearchFilter, SearchQuery } from '../../fhir/search-query.ts';
import { impliedBy } from './composite-sql.ts';
import { allOf, type Fragment, fragment } from './fragment.ts';
import { conditionSql, drivingTable, indexedSql, rowColumnSql } from './linked-sql.ts';
import { practiceDriver, reachDriver } from './reach-driver.ts';
import {
  type Driver,
  dateDriver,
  indexDriver,
  isRowFilter,
  rowDriver,
  timelineDriver,
} from './search-driver.ts';
import { sortKeySql } from './sort-sql.ts';
import type { FilterContext, FilterSql } from './value-sql.ts';
import { visibleSql } from './visibility-sql.ts';

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

/** Tokens that name one thing, or the few that were ordered together. */
const identifiers: ReadonlySet<string> = new Set(['identifier', 'requisition', 'group-identifier']);

/** What is absent cannot give rows. */
const neverDrives = 90;

/** The lower, the fewer rows are to be expected. */
function rankOf(filter: SearchFilter, sql: FilterSql): number {
  if (sql.isNegated || sql.isBroad) {
    return neverDrives;
  }
  const byKind = {
    has: 1,
    chain: 4,
    codes: 22,
    text: 32,
    token: identifiers.has(filter.parameter) ? 0 : 20,
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
    composite: neverDrives,
  } as const;
  return byKind[filter.test.kind] + (sql.isPoint ? 0 : 5);
}

/** Conditions that leave no more than a person's share of the rows; behind these, whose rows they are decides first. */
const mostSelective = 20;

function driverOf(query: SearchQuery, context: FilterContext, typeId: number): Driver {
  if (query.filters.some(({ test }) => test.kind === 'id')) {
    return rowDriver(query, typeId);
  }
  const timeline = timelineDriver(query, context, typeId);
  if (timeline !== undefined) {
    return timeline;
  }
  const [best] = query.filters
    .filter((filter) => !isRowFilter(filter))
    .flatMap((filter) =>
      filter.test.kind === 'composite' ? impliedBy(filter, filter.test, context) : [filter],
    )
    .map((filter) => ({ filter, sql: indexedSql(filter, context) }))
    .map((entry) => ({ ...entry, rank: rankOf(entry.filter, entry.sql) }))
    .sort((a, b) => a.rank - b.rank);
  if (best !== undefined && best.rank < mostSelective) {
    return indexDriver(best.filter, best.sql);
  }
  const own = reachDriver(context, typeId);
  if (own !== undefined) {
    return own;
  }
  const indexed = best !== undefined && best.rank < neverDrives ? best : undefined;
  const driver = indexed
    ? indexDriver(indexed.filter, indexed.sql)
    : (dateDriver(query, context) ?? rowDriver(query, typeId));
  const isWalk = query.sort.length === 0 ? (indexed?.sql.isPoint ?? true) : driver.sortKey !== undefined;
  return isWalk || (indexed && !isLong(indexed.sql, context))
    ? driver
    : (practiceDriver(query, context, typeId) ?? driver);
}

/** A list of this length is read and sorted in a few milliseconds. */
const shortList = 2_000;

/** What is no walk reads all rows that the driver gives before it has the first of the page. */
function isLong(sql: FilterSql, { statements }: FilterContext): boolean {
  const [found] = statements.all<{ rows: number }>(
    `SELECT count(*) AS rows FROM (SELECT 1 FROM ${drivingTable(sql)} WHERE ${sql.where.sql} LIMIT ?) l`,
    [...sql.where.values, shortList + 1],
  );
  return (found?.rows ?? 0) > shortList;
}

export function planSearch(query: SearchQuery, context: FilterContext, typeId: number): SearchPlan {
  const driver = driverOf(query, context, typeId);
  const isOnResource = driver.from.sql.startsWith('resource d');
  const conditions: Fragment[] = driver.where === undefined ? [] : [driver.where];
  for (const filter of query.filters) {
    const row = isOnResource ? rowColumnSql(filter, 'd', context) : undefined;
    if (row !== undefined) {
      conditions.push(row);
    } else if (!driver.used.includes(filter)) {
      conditions.push(conditionSql(filter, 'd.row_id', context));
    }
  }
  const rowInHand = {
    column: 'd.row_id',
    ...(driver.patientId !== undefined && { patientId: driver.patientId }),
  };
  const visible = visibleSql(context.sight, query.type, rowInHand, context.dictionary, context.statements);
  if (visible !== undefined) {
    conditions.push(visible);
  }
  return {
    from: driver.from,
    where: allOf(conditions),
    sortKeys: query.sort.map((key) =>
      driver.sortKey === undefined ? sortKeySql(key, context) : fragment(driver.sortKey),
    ),
    isSorted: driver.sortKey !== undefined,
    mayRepeat: driver.mayRepeat,
    ...(driver.onlyWith !== undefined && { onlyWith: driver.onlyWith }),
  };
}
