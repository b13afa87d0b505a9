// Writes what an update changes among the index rows of a resource. Most updates change few of them: a status, a date.
import type { Fragment } from '../sql/fragment.ts';
import { type IndexRows, type IndexTable, indexColumns, indexTableNames } from '../sql/index-tables.ts';
import type { Bindable } from '../sql/statements.ts';
import type { SqliteStatements } from './statements.ts';

type Rows = readonly (readonly Bindable[])[];

interface TableSql {
  readonly table: IndexTable;
  /** The rows of a resource; those of the timeline are found by its own condition. */
  readonly read: string;
  readonly remove: string;
}

const tables: readonly TableSql[] = indexTableNames.map((table) => {
  const columns = indexColumns[table];
  return {
    table,
    read: `SELECT ${columns.join(', ')} FROM ${table} WHERE `,
    remove: `DELETE FROM ${table} WHERE row_id = ? AND ${columns.map((column) => `${column} = ?`).join(' AND ')}`,
  };
});

const keyOf = (row: readonly Bindable[]): string => row.join('\u0000');

/** Removes the rows that are no longer wanted and returns those that are missing. */
export function removeUnwanted(
  statements: SqliteStatements,
  rowId: number,
  wanted: IndexRows,
  timeline: Fragment,
): IndexRows {
  // All of it is read before anything is removed: the timeline is found by what stands in the others.
  const standing = tables.map(({ table, read }) =>
    table === 'timeline'
      ? statements.lists(read + timeline.sql, ...timeline.values)
      : statements.lists(`${read}row_id = ?`, rowId),
  );
  const missing = { ...wanted };
  for (const [at, { table, remove }] of tables.entries()) {
    const rows: Rows = standing[at] ?? [];
    if (rows.length === 0) continue;
    const left = new Map(wanted[table].map((row) => [keyOf(row), row]));
    for (const row of rows) {
      if (!left.delete(keyOf(row))) statements.run(remove, rowId, ...row);
    }
    missing[table] = [...left.values()];
  }
  return missing;
}
