// How an adapter writes a new resource and index rows: one by one where a call is cheap, all at once where each is a round trip.
import type { IndexRows } from './index-rows.ts';
import type { Statements } from './statements.ts';

/** Version 1 of a resource, as it is stored. */
export interface NewRow {
  readonly typeId: number;
  readonly type: string;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly lastUpdated: number;
  /** As in `methods` (resource-rows.ts). */
  readonly method: number;
  readonly body: string;
}

export interface RowWriter {
  /** Writes the row, its index rows and its row of the outbox. */
  insertResource(statements: Statements, row: NewRow, index: IndexRows): void;
  /** Writes index rows for a row that has none. */
  insertIndexRows(statements: Statements, rowId: number, index: IndexRows): void;
}
