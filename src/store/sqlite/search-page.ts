// Runs a search: one page of matches with what they include, the total when asked for, and the cursor of the next page.
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { SearchPage } from '../store.ts';
import { type Position, readCursor, writeCursor } from './cursor.ts';
import type { FilterContext } from './filter-sql.ts';
import { allOf, anyOf, type Fragment, fragment, nothing, valuesOf } from './fragment.ts';
import { includedRows } from './included-rows.ts';
import { type ResourceRow, rowColumns, versionOf } from './resource-rows.ts';
import { planSearch, type SearchPlan } from './search-plan.ts';
import type { Bindable, Statements } from './statements.ts';
import type { Sight } from './visibility-sql.ts';

/** A walk reads the resource along with its place; after a sort only the rows of the page are read. */
type FoundRow = (ResourceRow | Pick<ResourceRow, 'row_id'>) & Readonly<Record<`s${number}`, Bindable>>;

/** Rows behind a position: the usual ladder of "equal so far, and beyond here". A missing value stands behind every other. */
function beyondSql(query: SearchQuery, position: Position): Fragment {
  const steps: Fragment[] = [];
  const equal: Fragment[] = [];
  for (const [at, key] of query.sort.entries()) {
    const value = position.keys[at] ?? null;
    const column = `s${at}`;
    if (value !== null) {
      const beyond = fragment(`(${column} ${key.descending ? '<' : '>'} ? OR ${column} IS NULL)`, value);
      steps.push(allOf([...equal, beyond]));
    }
    equal.push(fragment(`${column} IS ?`, value));
  }
  steps.push(allOf([...equal, fragment('row_id < ?', position.rowId)]));
  return anyOf(steps);
}

/** Rows of equal sort values, and unsorted ones, come newest first: an update does not move them. */
export function pageSql(query: SearchQuery, plan: SearchPlan): Fragment {
  const position = query.cursor === undefined ? undefined : readCursor(query.cursor, query.sort.length);
  return query.sort.length === 0 || plan.isSorted
    ? walkSql(query, plan, position)
    : sortedSql(query, plan, position);
}

/** The driver's index already gives the order: read on from the position and stop when the page is full. */
function walkSql(query: SearchQuery, plan: SearchPlan, position: Position | undefined): Fragment {
  const [key] = plan.sortKeys;
  const direction = query.sort[0]?.descending === false ? 'ASC' : 'DESC';
  const column = key === undefined ? '' : `, ${key.sql} AS s0`;
  const order = key === undefined ? 'd.row_id DESC' : `${key.sql} ${direction}, d.row_id DESC`;
  const beyond: Fragment[] = [];
  if (position !== undefined && key === undefined) {
    beyond.push(fragment('d.row_id < ?', position.rowId));
  } else if (position !== undefined && key !== undefined) {
    const value = position.keys[0] ?? null;
    const [from, past] = direction === 'DESC' ? ['<=', '<'] : ['>=', '>'];
    const ladder = `(${key.sql} ${past} ? OR d.row_id < ?)`;
    beyond.push(fragment(`${key.sql} ${from} ? AND ${ladder}`, value, value, position.rowId));
  }
  const where = allOf([plan.where, ...beyond]);
  const columns = `${rowColumns('b')}${column}`;
  return {
    sql: `SELECT ${columns} FROM ${plan.from.sql} CROSS JOIN resource b ON b.row_id = d.row_id WHERE ${where.sql} ORDER BY ${order} LIMIT ?`,
    values: [...valuesOf(plan.from, where), query.count + 1],
  };
}

/** Sort values are looked up for every row that matches, then sorted. */
function sortedSql(query: SearchQuery, plan: SearchPlan, position: Position | undefined): Fragment {
  const keys = plan.sortKeys.map((key, at) => ({ sql: `${key.sql} AS s${at}`, values: key.values }));
  const columns = ['d.row_id AS row_id', ...keys.map((key) => key.sql)].join(', ');
  const order = query.sort.map((key, at) => `s${at} IS NULL, s${at} ${key.descending ? 'DESC' : 'ASC'}`);
  const beyond = position === undefined ? fragment('1') : beyondSql(query, position);
  return {
    sql: `SELECT * FROM (SELECT ${columns} FROM ${plan.from.sql} WHERE ${plan.where.sql}) WHERE ${beyond.sql} ORDER BY ${order.join(', ')}, row_id DESC LIMIT ?`,
    values: [...valuesOf(...keys, plan.from, plan.where), ...beyond.values, query.count + 1],
  };
}

/** The resources found, each once, in the order found; those that were not read yet by one statement, whatever their number. */
function rowsInOrder(found: readonly FoundRow[], statements: Statements): readonly ResourceRow[] {
  const read = found.filter((row): row is FoundRow & ResourceRow => 'body' in row);
  const byRow = new Map<number, ResourceRow>(read.map((row) => [row.row_id, row]));
  const rowIds = [...new Set(found.map(({ row_id }) => row_id))];
  if (read.length < found.length) {
    for (const row of rowsNamed(rowIds, statements)) {
      byRow.set(row.row_id, row);
    }
  }
  return rowIds.flatMap((rowId) => byRow.get(rowId) ?? []);
}

function rowsNamed(rowIds: readonly number[], statements: Statements): readonly ResourceRow[] {
  return statements.all<ResourceRow>(
    `SELECT ${rowColumns('r')} FROM json_each(?) j CROSS JOIN resource r ON r.row_id = j.value`,
    [JSON.stringify(rowIds)],
  );
}

function totalOf(plan: SearchPlan, context: FilterContext): number {
  const sql = `SELECT count(${plan.mayRepeat ? 'DISTINCT d.row_id' : '*'}) AS total FROM ${plan.from.sql} WHERE ${plan.where.sql}`;
  const [row] = context.statements.all<{ total: number }>(sql, valuesOf(plan.from, plan.where));
  return row?.total ?? 0;
}

/** One row more than the page holds, when there is one. */
function foundRows(
  query: SearchQuery,
  plan: SearchPlan,
  context: FilterContext,
  planRest: (rest: SearchQuery) => SearchPlan,
): readonly FoundRow[] {
  const run = ({ sql, values }: Fragment) => context.statements.all<FoundRow>(sql, values);
  const position = query.cursor === undefined ? undefined : readCursor(query.cursor, query.sort.length);
  if (plan.onlyWith === undefined) {
    return run(pageSql(query, plan));
  }
  const isBehind = position !== undefined && position.keys[0] === null;
  const first = isBehind ? [] : run(pageSql(query, plan));
  if (first.length > query.count) {
    return first;
  }
  // Behind the last row with a value come those without one, in the default order.
  const { cursor: _cursor, ...whole } = query;
  const rest: SearchQuery = {
    ...whole,
    sort: [],
    count: query.count - first.length,
    filters: [...query.filters, { parameter: plan.onlyWith, test: { kind: 'missing', missing: true } }],
    ...(isBehind && { cursor: writeCursor({ keys: [], rowId: position.rowId }) }),
  };
  return [...first, ...run(pageSql(rest, planRest(rest)))];
}

export function searchPage(query: SearchQuery, sight: Sight, context: FilterContext): SearchPage {
  const { statements, dictionary } = context;
  const typeId = dictionary.findTerm(statements, query.type);
  const plan = typeId === undefined ? undefined : planSearch(query, context, typeId, sight);
  if (typeId === undefined || plan === undefined || plan.where === nothing) {
    return { matches: [], included: [], ...(query.total && { total: 0 }) };
  }
  const total = query.total
    ? { total: totalOf(planSearch({ ...query, sort: [] }, context, typeId, sight), context) }
    : {};
  if (query.count === 0) {
    return { matches: [], included: [], ...total };
  }
  const found = foundRows(query, plan, context, (rest) => planSearch(rest, context, typeId, sight));
  const kept = found.slice(0, query.count);
  // A driver can give one row twice; the page is then shorter, and the next one goes on behind it.
  const rows = rowsInOrder(kept, statements);
  const last = kept.at(-1);
  return {
    matches: rows.map((row) => versionOf(query.type, row)),
    included: includedRows(query, rows, sight, context),
    ...total,
    ...(found.length > query.count &&
      last !== undefined && {
        next: writeCursor({ keys: query.sort.map((_key, at) => last[`s${at}`] ?? null), rowId: last.row_id }),
      }),
  };
}
