// Every version of every resource in one order: as the resources were first stored, and of each its versions from the first to the
// current one.
import type { CopyReader } from './copy-ends.ts';
import { CopyError } from './copy-error.ts';
import { keysetRows } from './keyset-pages.ts';

export interface VersionOfRow {
  readonly rowId: number;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly lastUpdated: number;
  /** As in `methods` (sql/resource-rows.ts). */
  readonly method: number;
  /** Empty for a deletion. */
  readonly body: string;
  /** The last one of its resource. */
  readonly isCurrent: boolean;
}

/** The version behind which to begin. */
export type VersionPlace = Pick<VersionOfRow, 'rowId' | 'version' | 'isCurrent'>;

interface CurrentRow {
  readonly row_id: number;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly last_updated: number;
  readonly method: number;
  readonly body: string;
}
type OldRow = Omit<CurrentRow, 'type' | 'id'>;

const current = {
  table: 'resource',
  columns:
    'row_id, (SELECT t.text FROM term t WHERE t.term_id = x.type_id) AS type, id, version, last_updated, method, body',
  keys: ['row_id'],
  bytes: 'octet_length(body)',
};
const superseded = {
  table: 'version',
  columns: 'row_id, version, last_updated, method, body',
  keys: ['row_id', 'version'],
  bytes: 'octet_length(body)',
};

const versionOf = ({ type, id }: CurrentRow, row: OldRow, isCurrent: boolean): VersionOfRow => ({
  rowId: row.row_id,
  type,
  id,
  version: row.version,
  lastUpdated: row.last_updated,
  method: row.method,
  body: row.body,
  isCurrent,
});

export async function* storedVersions(
  reader: CopyReader,
  after?: VersionPlace,
): AsyncGenerator<VersionOfRow> {
  const afterRow = after === undefined ? undefined : [after.isCurrent ? after.rowId : after.rowId - 1];
  const older = keysetRows<OldRow>(reader, superseded, after && [after.rowId, after.version]);
  let next = await older.next();
  for await (const row of keysetRows<CurrentRow>(reader, current, afterRow)) {
    while (next.done !== true && next.value.row_id <= row.row_id) {
      if (next.value.row_id < row.row_id) throw orphan(reader, next.value);
      yield versionOf(row, next.value, false);
      next = await older.next();
    }
    yield versionOf(row, row, true);
  }
  if (next.done !== true) throw orphan(reader, next.value);
}

const orphan = ({ name }: CopyReader, { row_id: rowId }: OldRow) =>
  new CopyError(`${name} is damaged: it has a version of a resource that it does not have (row ${rowId}).`);
