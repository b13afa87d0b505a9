// Reads a table in pages in the order of a key, with a limit of rows and of bytes, so that memory does not grow with the database.
import type { Bindable } from '../sql/statements.ts';
import type { CopyReader } from './copy-ends.ts';

/** Its texts come from this program alone. */
export interface PageSpec {
  readonly table: string;
  /** What is read of each row `x`. */
  readonly columns: string;
  /** Columns of an index. A page holds every row of its last key. */
  readonly keys: readonly string[];
  /** What may be long in a row, as a number of bytes. */
  readonly bytes?: string;
}

export type Key = readonly (string | number)[];

const rowsOfPage = 500;
export const mostPageBytes = 8 * 1024 * 1024;

type KeyRow = Readonly<Record<string, string | number>> & { readonly bytes: number };

/** The key up to which a page goes; undefined when nothing is left. */
async function endOfPage(
  reader: CopyReader,
  spec: PageSpec,
  after: Key | undefined,
): Promise<Key | undefined> {
  const { table, keys, bytes = '0' } = spec;
  const list = keys.join(', ');
  const where = after === undefined ? '' : `WHERE (${list}) > (${keys.map(() => '?').join(', ')})`;
  const rows = await reader.all<KeyRow>(
    `SELECT ${list}, ${bytes} AS bytes FROM ${table} x ${where} ORDER BY ${list} LIMIT ${rowsOfPage}`,
    after ?? [],
  );
  let sum = 0;
  const beyond = rows.findIndex((row) => {
    sum += row.bytes;
    return sum > mostPageBytes;
  });
  const last = beyond <= 0 ? rows.at(beyond === 0 ? 0 : -1) : rows[beyond - 1];
  return last === undefined ? undefined : keys.map((key) => last[key] ?? '');
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly end: Key;
}

/** Every row behind `after`, in order. */
export async function* keysetPages<T extends object>(
  reader: CopyReader,
  spec: PageSpec,
  after: Key | undefined,
): AsyncGenerator<Page<T>> {
  const { table, columns, keys } = spec;
  const list = keys.join(', ');
  const marks = keys.map(() => '?').join(', ');
  let from = after;
  for (;;) {
    const end = await endOfPage(reader, spec, from);
    if (end === undefined) return;
    const above = from === undefined ? '' : `(${list}) > (${marks}) AND`;
    const values: Bindable[] = [...(from ?? []), ...end];
    const rows = await reader.all<T>(
      `SELECT ${columns} FROM ${table} x WHERE ${above} (${list}) <= (${marks}) ORDER BY ${list}`,
      values,
    );
    yield { rows, end };
    from = end;
  }
}

/** The same, row by row. */
export async function* keysetRows<T extends object>(
  reader: CopyReader,
  spec: PageSpec,
  after: Key | undefined,
): AsyncGenerator<T> {
  for await (const { rows } of keysetPages<T>(reader, spec, after)) yield* rows;
}
