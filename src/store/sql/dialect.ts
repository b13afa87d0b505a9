// What the two databases say in different words.

export interface Dialect {
  /** Something to SELECT from: the column `value` of a JSON array of whole numbers or of texts that is bound as one value. */
  readonly numbersIn: string;
  readonly textsIn: string;
  /** The elements of a JSON array that stands in a column, as `value`. */
  elementsOf(column: string): string;
  /** The member of the JSON object in `value`, as text. */
  memberOf(name: string): string;
  /** A statement after which no write of another connection is half-way; absent where there is one writer. */
  readonly waitForWriters?: string;
  /** The database's own clock, in milliseconds since the epoch; absent where it is the clock of whoever has the file open. */
  readonly nowMs?: string;
}
