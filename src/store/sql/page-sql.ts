// The rows of one page as SQL: on from a position in the order of the search, forwards or backwards.
import type { SearchQuery, SortKey } from '../../fhir/search-query.ts';
import type { Position } from './cursor.ts';
import { allOf, anyOf, type Fragment, fragment, valuesOf } from './fragment.ts';
import { rowColumns } from './resource-rows.ts';
import type { SearchPlan } from './search-plan.ts';

/** Which part of all rows is read. */
export interface Stretch {
  /** Backwards, the rows come in the reverse of the order asked for. */
  readonly isBackward: boolean;
  /** Do rows of equal sort values come in the order in which they were first written, in the direction of reading? */
  readonly isRowRising: boolean;
  /** The rows behind it, in the direction of reading; without one, from the very end. */
  readonly from?: Position;
  readonly limit: number;
}

/**
 * In which direction rows of equal sort values come, read forwards or backwards: as the last key goes, so that of a rising sort the last row
 * is the one written last. Unsorted ones come newest first. An update does not move them.
 */
export function isRowRising({ sort }: SearchQuery, isBackward: boolean): boolean {
  const isFalling = sort.at(-1)?.descending ?? true;
  return isFalling === isBackward;
}

export function pageSql(query: SearchQuery, plan: SearchPlan, stretch: Stretch): Fragment {
  return query.sort.length === 0 || plan.isSorted
    ? walkSql(query, plan, stretch)
    : sortedSql(query, plan, stretch);
}

/** Does the key rise in the direction of reading? */
const rises = (key: SortKey, { isBackward }: Stretch) => key.descending === isBackward;

const rowOrder = (stretch: Stretch) => (stretch.isRowRising ? 'ASC' : 'DESC');
const rowBeyond = (stretch: Stretch) => (stretch.isRowRising ? '>' : '<');

/** The driver's index already gives the order: read on from the position and stop when the page is full. */
function walkSql(query: SearchQuery, plan: SearchPlan, stretch: Stretch): Fragment {
  const [key] = plan.sortKeys;
  const [sort] = query.sort;
  const isRising = sort !== undefined && rises(sort, stretch);
  const column = key === undefined ? '' : `, ${key.sql} AS s0`;
  const byRow = `d.row_id ${rowOrder(stretch)}`;
  const order = key === undefined ? byRow : `${key.sql} ${isRising ? 'ASC' : 'DESC'}, ${byRow}`;
  const beyond: Fragment[] = [];
  const { from } = stretch;
  const behindRow = `d.row_id ${rowBeyond(stretch)} ?`;
  if (from !== undefined && key === undefined) {
    beyond.push(fragment(behindRow, from.rowId));
  } else if (from !== undefined && key !== undefined) {
    const value = from.keys[0] ?? null;
    const [at, past] = isRising ? ['>=', '>'] : ['<=', '<'];
    const ladder = `(${key.sql} ${past} ? OR ${behindRow})`;
    beyond.push(fragment(`${key.sql} ${at} ? AND ${ladder}`, value, value, from.rowId));
  }
  const where = allOf([plan.where, ...beyond]);
  const columns = `${rowColumns('b')}${column}`;
  return {
    sql: `SELECT ${columns} FROM ${plan.from.sql} CROSS JOIN resource b ON b.row_id = d.row_id WHERE ${where.sql} ORDER BY ${order} LIMIT ?`,
    values: [...valuesOf(plan.from, where), stretch.limit],
  };
}

/** Sort values are looked up for every row that matches, then sorted. */
function sortedSql(query: SearchQuery, plan: SearchPlan, stretch: Stretch): Fragment {
  const keys = plan.sortKeys.map((key, at) => ({ sql: `${key.sql} AS s${at}`, values: key.values }));
  const columns = ['d.row_id AS row_id', ...keys.map((key) => key.sql)].join(', ');
  const nulls = stretch.isBackward ? 'DESC' : 'ASC';
  const order = query.sort.map(
    (key, at) => `s${at} IS NULL ${nulls}, s${at} ${rises(key, stretch) ? 'ASC' : 'DESC'}`,
  );
  const beyond = stretch.from === undefined ? fragment('TRUE') : beyondSql(query, stretch, stretch.from);
  return {
    sql: `SELECT * FROM (SELECT ${columns} FROM ${plan.from.sql} WHERE ${plan.where.sql}) WHERE ${beyond.sql} ORDER BY ${order.join(', ')}, row_id ${rowOrder(stretch)} LIMIT ?`,
    values: [...valuesOf(...keys, plan.from, plan.where), ...beyond.values, stretch.limit],
  };
}

/** Rows behind a position: the usual ladder of "equal so far, and beyond here". A missing value stands behind every other. */
function beyondSql(query: SearchQuery, stretch: Stretch, from: Position): Fragment {
  const steps: Fragment[] = [];
  const equal: Fragment[] = [];
  for (const [at, key] of query.sort.entries()) {
    const value = from.keys[at] ?? null;
    const column = `s${at}`;
    const step = beyondKeySql(column, value, rises(key, stretch), stretch.isBackward);
    if (step !== undefined) {
      steps.push(allOf([...equal, step]));
    }
    equal.push(fragment(`${column} IS NOT DISTINCT FROM ?`, value));
  }
  steps.push(allOf([...equal, fragment(`row_id ${rowBeyond(stretch)} ?`, from.rowId)]));
  return anyOf(steps);
}

function beyondKeySql(
  column: string,
  value: Position['keys'][number],
  isRising: boolean,
  isBackward: boolean,
): Fragment | undefined {
  if (value === null) {
    // Nothing lies behind a missing value, and every value before it.
    return isBackward ? fragment(`${column} IS NOT NULL`) : undefined;
  }
  const beyond = fragment(`${column} ${isRising ? '>' : '<'} ?`, value);
  return isBackward ? beyond : anyOf([beyond, fragment(`${column} IS NULL`)]);
}
