// Writes hundreds of rows of a table into PostgreSQL by one statement: each column is an array.
import type { Bindable } from '../sql/statements.ts';
import { type CopiedTable, copiedColumns, copiedTableNames, homeColumn } from './copied-tables.ts';

const numberColumns: ReadonlySet<string> = new Set([
  'row_id',
  homeColumn,
  'type_id',
  'version',
  'last_updated',
  'method',
  'deleted',
  'parameter_id',
  'system_id',
  'target_id',
  'from_ms',
  'until_ms',
  'key_id',
  'element',
  'number',
  'patient_id',
  'is_private',
  'reference_id',
  'sequence',
  'kept_at',
  'status',
  'audit_id',
  'at_ms',
  'role_id',
  'subject_id',
  'token_id',
  'interaction_id',
  'claim',
  'tries',
  'held_until_ms',
  'started_ms',
  'ended_ms',
]);
const realColumns: ReadonlySet<string> = new Set(['low', 'high']);
const byteColumns: ReadonlySet<string> = new Set(['hash', 'content']);

function typeOf(column: string): string {
  if (numberColumns.has(column)) return 'bigint';
  if (realColumns.has(column)) return 'double precision';
  return byteColumns.has(column) ? 'bytea' : 'text';
}

/** A row of the outbox has the home that its version has. */
const homeOfChange = `coalesce(
  (SELECT v.home_id FROM version v WHERE v.row_id = u.row_id AND v.version = u.version),
  (SELECT r.home_id FROM resource r WHERE r.row_id = u.row_id), 0)`;

function insertionInto(table: CopiedTable): string {
  const columns: readonly string[] = copiedColumns[table];
  const arrays = columns.map((column, at) => `$${at + 1}::${typeOf(column)}[]`).join(', ');
  const rows = `unnest(${arrays}) AS u (${columns.join(', ')})`;
  const list = columns.join(', ');
  const values = columns.map((column) => `u.${column}`).join(', ');
  // Numbers that the database would give itself are given here: they are those of the source.
  return table === 'outbox'
    ? `INSERT INTO outbox (${list}, ${homeColumn}) OVERRIDING SYSTEM VALUE SELECT ${values}, ${homeOfChange} FROM ${rows}`
    : `INSERT INTO ${table} (${list}) OVERRIDING SYSTEM VALUE SELECT ${values} FROM ${rows}`;
}

export const bulkInsertion = Object.fromEntries(
  copiedTableNames.map((table) => [table, insertionInto(table)]),
) as Record<CopiedTable, string>;

/** The values of each column, in the order of the statement. */
export function columnArrays(table: CopiedTable, rows: readonly (readonly Bindable[])[]): Bindable[][] {
  return copiedColumns[table].map((_column, at) => rows.map((row) => row[at] ?? null));
}
