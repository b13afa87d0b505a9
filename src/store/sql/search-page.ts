// Runs a search: one page of matches with what they include, the total when asked for, and the cursors of the pages beside it.
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { SearchPage } from '../store.ts';
import { type Cursor, type Position, readCursor, writeCursor } from './cursor.ts';
import { type Fragment, nothing, valuesOf } from './fragment.ts';
import { includedRows } from './included-rows.ts';
import { isRowRising, pageSql } from './page-sql.ts';
import { type ResourceRow, rowColumns, versionOf } from './resource-rows.ts';
import { planSearch, type SearchPlan } from './search-plan.ts';
import type { Bindable, Statements } from './statements.ts';
import type { FilterContext } from './value-sql.ts';

/** A walk reads the resource along with its place; after a sort only the rows of the page are read. */
type FoundRow = (ResourceRow | Pick<ResourceRow, 'row_id'>) & Readonly<Record<`s${number}`, Bindable>>;

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
    `SELECT ${rowColumns('r')} FROM ${statements.dialect.numbersIn} j CROSS JOIN resource r ON r.row_id = j.value`,
    [JSON.stringify(rowIds)],
  );
}

function totalOf(plan: SearchPlan, context: FilterContext): number {
  const sql = `SELECT count(${plan.mayRepeat ? 'DISTINCT d.row_id' : '*'}) AS total FROM ${plan.from.sql} WHERE ${plan.where.sql}`;
  const [row] = context.statements.all<{ total: number }>(sql, valuesOf(plan.from, plan.where));
  return row?.total ?? 0;
}

/** The rows of a search one behind the other: those of a driver, and behind them those that it leaves out. */
interface Part {
  readonly query: SearchQuery;
  readonly plan: () => SearchPlan;
  /** Does the row at this position stand here? */
  holds(position: Position): boolean;
}

function partsOf(
  query: SearchQuery,
  plan: SearchPlan,
  planOf: (rest: SearchQuery) => SearchPlan,
): readonly Part[] {
  const { onlyWith } = plan;
  if (onlyWith === undefined) {
    return [{ query, plan: () => plan, holds: () => true }];
  }
  // Behind the last row with a value come those without one.
  const rest: SearchQuery = {
    ...query,
    sort: [],
    filters: [...query.filters, { parameter: onlyWith, test: { kind: 'missing', missing: true } }],
  };
  const isMissing = ({ keys }: Position) => keys[0] === null;
  return [
    { query, plan: () => plan, holds: (position) => !isMissing(position) },
    { query: rest, plan: () => planOf(rest), holds: isMissing },
  ];
}

/** One row more than the page holds, when there is one; in the direction of reading. */
function foundRows(
  parts: readonly Part[],
  query: SearchQuery,
  cursor: Cursor | undefined,
  { statements }: FilterContext,
): readonly FoundRow[] {
  const isBackward = cursor?.isBackward === true;
  const inOrder = isBackward ? parts.toReversed() : parts;
  const first = inOrder.findIndex((part) => cursor === undefined || part.holds(cursor));
  const found: FoundRow[] = [];
  for (const [at, part] of inOrder.slice(Math.max(first, 0)).entries()) {
    const limit = query.count + 1 - found.length;
    if (limit > 0) {
      const { sql, values }: Fragment = pageSql(part.query, part.plan(), {
        isBackward,
        isRowRising: isRowRising(query, isBackward),
        limit,
        ...(at === 0 && cursor !== undefined && { from: cursor }),
      });
      found.push(...statements.all<FoundRow>(sql, values));
    }
  }
  return found;
}

/** The cursors of the pages beside this one. A page that was reached by a link has one behind it on the way back. */
function linksOf(
  query: SearchQuery,
  kept: readonly FoundRow[],
  hasMore: boolean,
  cursor: Cursor | undefined,
): Pick<SearchPage, 'next' | 'previous'> {
  const isBackward = cursor?.isBackward === true;
  const position = (row: FoundRow): Position => ({
    keys: query.sort.map((_key, at) => row[`s${at}`] ?? null),
    rowId: row.row_id,
  });
  const [first, last] = [kept[0], kept.at(-1)];
  const next = last && (isBackward || hasMore) ? writeCursor(position(last)) : undefined;
  const isBehind = isBackward ? hasMore : cursor !== undefined;
  const previous = first && isBehind ? writeCursor(position(first), true) : undefined;
  return { ...(next !== undefined && { next }), ...(previous !== undefined && { previous }) };
}

export function searchPage(query: SearchQuery, context: FilterContext): SearchPage {
  const { statements, dictionary } = context;
  const typeId = dictionary.findTerm(statements, query.type);
  const planOf = (one: SearchQuery, id: number) => planSearch(one, context, id);
  const plan = typeId === undefined ? undefined : planOf(query, typeId);
  if (typeId === undefined || plan === undefined || plan.where === nothing) {
    return { matches: [], included: [], ...(query.total && { total: 0 }) };
  }
  const total = query.total ? { total: totalOf(planOf({ ...query, sort: [] }, typeId), context) } : {};
  if (query.count === 0) {
    return { matches: [], included: [], ...total };
  }
  const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, query.sort.length);
  const parts = partsOf(query, plan, (rest) => planOf(rest, typeId));
  const found = foundRows(parts, query, cursor, context);
  const read = found.slice(0, query.count);
  const kept = cursor?.isBackward === true ? read.toReversed() : read;
  // A driver can give one row twice; the page is then shorter, and the next one goes on behind it.
  const rows = rowsInOrder(kept, statements);
  return {
    matches: rows.map((row) => versionOf(query.type, row)),
    included: includedRows(query, rows, context),
    ...total,
    ...linksOf(query, kept, found.length > query.count, cursor),
  };
}
