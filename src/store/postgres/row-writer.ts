// Writes a resource with all its index rows in one statement, because each statement is a round trip.
import { removeIndexRows } from '../sql/index-rows.ts';
import { type IndexRows, type IndexTable, indexColumns, indexTableNames } from '../sql/index-tables.ts';
import type { RowWriter } from '../sql/row-writer.ts';
import type { Bindable, Statements } from '../sql/statements.ts';
import { arrayOfNumbers, arrayOfTexts } from './command.ts';

const textColumns: ReadonlySet<string> = new Set(['code', 'exact', 'folded', 'uri', 'text']);
const realColumns: ReadonlySet<string> = new Set(['low', 'high']);

const typeOf = (column: string) =>
  textColumns.has(column) ? 'text' : realColumns.has(column) ? 'double precision' : 'bigint';

/** The rows of one table as arrays, one for each column. */
function unnested(table: IndexTable): string {
  const columns = indexColumns[table];
  const arrays = columns.map((column) => `CAST(? AS ${typeOf(column)}[])`).join(', ');
  return `unnest(${arrays}) AS u (${columns.join(', ')})`;
}

/** Behind a common table `r` with the row's row_id and home_id. */
function insertion(table: IndexTable): string {
  const columns = indexColumns[table].join(', ');
  const values = indexColumns[table].map((column) => `u.${column}`).join(', ');
  return `INSERT INTO ${table} (row_id, home_id, ${columns}) SELECT r.row_id, r.home_id, ${values} FROM r, ${unnested(table)}`;
}

function newResourceSql(tables: readonly IndexTable[]): string {
  const parts = tables.map((table) => `, in_${table} AS (${insertion(table)})`);
  return `WITH r AS (
      INSERT INTO resource (home_id, type_id, id, version, last_updated, method, deleted, body)
      VALUES (?, ?, ?, 1, ?, ?, 0, ?) RETURNING row_id, home_id, version, method)
    ${parts.join('')}
    INSERT INTO outbox (row_id, home_id, version, method) SELECT row_id, home_id, version, method FROM r`;
}

function indexRowsSql(tables: readonly IndexTable[]): string {
  const [last, ...others] = tables.toReversed();
  const parts = others.map((table) => `, in_${table} AS (${insertion(table)})`);
  return last === undefined
    ? ''
    : `WITH r AS (SELECT CAST(? AS bigint) AS row_id, CAST(? AS bigint) AS home_id) ${parts.join('')} ${insertion(last)}`;
}

/** The parts see the row as it was when the statement began. A deletion keeps its home. */
const replaceSql = `WITH old AS (
    INSERT INTO version (row_id, home_id, version, last_updated, method, body, type_id)
    SELECT row_id, home_id, version, last_updated, method, body, type_id FROM resource WHERE row_id = ?),
  new AS (
    UPDATE resource SET home_id = coalesce(CAST(? AS bigint), home_id), version = ?, last_updated = ?, method = ?,
      deleted = ?, body = ? WHERE row_id = ? RETURNING row_id, home_id, version, method)
  INSERT INTO outbox (row_id, home_id, version, method) SELECT row_id, home_id, version, method FROM new`;

/** The statement for the tables of which there are rows. Resources of one type have the same few; texts are made once. */
function remembered(make: (tables: readonly IndexTable[]) => string) {
  const made = new Map<string, string>();
  return (tables: readonly IndexTable[]): string => {
    const key = tables.join(' ');
    const sql = made.get(key) ?? make(tables);
    made.set(key, sql);
    return sql;
  };
}

/** No table has a row twice. */
export function distinct(rows: readonly (readonly Bindable[])[]): readonly (readonly Bindable[])[] {
  if (rows.length < 2) return rows;
  const seen = new Map(rows.map((row) => [row.join('\u0000'), row]));
  return seen.size === rows.length ? rows : [...seen.values()];
}

function arraysOf(table: IndexTable, rows: readonly (readonly Bindable[])[]): string[] {
  return indexColumns[table].map((column, at) => {
    const values = rows.map((row) => row[at] ?? null);
    return typeOf(column) === 'text' ? arrayOfTexts(values.map(String)) : arrayOfNumbers(values.map(Number));
  });
}

/** The patient (target_id) whose record the row belongs to; of several, the first. */
function homeOf(index: IndexRows): number {
  return Number(index.compartment[0]?.[0] ?? 0);
}

export function createRowWriter(): RowWriter {
  const sqlOfNew = remembered(newResourceSql);
  const sqlOfIndex = remembered(indexRowsSql);
  const filled = (index: IndexRows) => indexTableNames.filter((table) => index[table].length > 0);
  const valuesOf = (tables: readonly IndexTable[], index: IndexRows) =>
    tables.flatMap((table) => arraysOf(table, distinct(index[table])));

  const insertIndexRows = (statements: Statements, rowId: number, index: IndexRows): void => {
    const tables = filled(index);
    if (tables.length === 0) return;
    // In the order in which the tables stand in the statement: the last one is written outside of its common tables.
    const inOrder = [...tables.toReversed().slice(1), ...tables.slice(-1)];
    statements.run(sqlOfIndex(tables), rowId, homeOf(index), ...valuesOf(inOrder, index));
  };

  return {
    insertResource(statements, { typeId, id, lastUpdated, method, body }, index) {
      const tables = filled(index);
      statements.run(
        sqlOfNew(tables),
        homeOf(index),
        typeId,
        id,
        lastUpdated,
        method,
        body,
        ...valuesOf(tables, index),
      );
    },
    replaceResource(statements, { rowId, version, lastUpdated, method, isDeleted, body }, index) {
      statements.run(
        replaceSql,
        rowId,
        index === undefined ? null : homeOf(index),
        version,
        lastUpdated,
        method,
        isDeleted ? 1 : 0,
        body,
        rowId,
      );
    },
    replaceIndexRows(statements, rowId, index, timeline) {
      // To read what stands, and write only what differs, would be a round trip more.
      removeIndexRows(statements, rowId, timeline);
      insertIndexRows(statements, rowId, index);
    },
    insertIndexRows,
  };
}
