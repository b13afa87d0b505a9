// How an adapter writes resources and index rows: one by one where a call is cheap, all at once where each is a round trip.
import type { Fragment } from './fragment.ts';
import type { IndexRows } from './index-tables.ts';
import type { Statements } from './statements.ts';

/** Version 1 of a resource, as it is stored. */
interface NewRow {
  readonly typeId: number;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly lastUpdated: number;
  /** As in `methods` (resource-rows.ts). */
  readonly method: number;
  readonly body: string;
}

/** The version after the current one of a row; `body` is empty for a deletion. */
interface NextRow extends Pick<NewRow, 'lastUpdated' | 'method' | 'body'> {
  readonly rowId: number;
  readonly version: number;
  readonly isDeleted: boolean;
}

export interface RowWriter {
  /** Writes the row, its index rows and its row of the outbox. */
  insertResource(statements: Statements, row: NewRow, index: IndexRows): void;
  /** Moves the current version to the history and puts the next in its place, with a row of the outbox. No index rows. */
  replaceResource(statements: Statements, next: NextRow, index: IndexRows | undefined): void;
  /** Puts index rows in the place of those that stand, of which `timeline` finds the ones in the timeline. */
  replaceIndexRows(statements: Statements, rowId: number, index: IndexRows, timeline: Fragment): void;
  /** Writes index rows for a row that has none. */
  insertIndexRows(statements: Statements, rowId: number, index: IndexRows): void;
}
