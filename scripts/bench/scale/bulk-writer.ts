// Writes many resources in one transaction, with the rows that the store itself writes for each: its parts, without its door.
import type { Resource } from '@medplum/fhirtypes';
import type { NewRow, NumberGiver } from '../../../src/store/copy/copy-ends.ts';
import { openPostgresTarget } from '../../../src/store/copy/postgres-ends.ts';
import { readDatabaseAddress } from '../../../src/store/database-address.ts';
import { indexTableNames } from '../../../src/store/sql/index-tables.ts';
import { methods } from '../../../src/store/sql/resource-rows.ts';
import { sqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { searchParts } from '../../../src/system.ts';

export interface BulkWriter {
  /** How many an earlier run has written that was interrupted. */
  readonly stored: number;
  /** Under their own ids, as version 1, last updated at this moment. All or nothing. */
  write(resources: readonly Resource[], nowMs: number): Promise<void>;
  /** The database may be served then. */
  finish(): Promise<void>;
}

const search = searchParts(undefined);

async function sqliteWriter(path: string): Promise<BulkWriter> {
  let [nowMs, nextId] = [0, ''];
  const { store, close, bringIndexUpToDate, count } = sqliteStore({
    path,
    ...search,
    clock: { now: () => new Date(nowMs) },
    // Asked for at once when a resource is created.
    newId: () => nextId,
  });
  // Marks the index of the empty database as one of the definitions of now.
  await bringIndexUpToDate(() => undefined);
  return {
    stored: await count('outbox'),
    finish: close,
    write: (resources, at) =>
      store.transaction(async (within) => {
        nowMs = at;
        for (const resource of resources) {
          nextId = resource.id ?? '';
          await within.create(resource);
        }
      }),
  };
}

/** What the store writes for a new resource. */
function rowsOf(resource: Resource, rowId: number, atMs: number, numbers: NumberGiver): readonly NewRow[] {
  const typeId = numbers.term(resource.resourceType);
  const meta = { versionId: '1', lastUpdated: new Date(atMs).toISOString() };
  const { resourceType, id = '', ...rest } = resource;
  const stored = { resourceType, id, meta, ...rest } as Resource;
  const index = numbers.indexRows(typeId, stored);
  const home = Number(index.compartment[0]?.[0] ?? 0);
  const body = JSON.stringify(stored);
  return [
    { table: 'resource', values: [rowId, home, typeId, id, 1, atMs, methods.POST, 0, body] },
    ...indexTableNames.flatMap((table) =>
      index[table].map((row): NewRow => ({ table, values: [rowId, home, ...row] })),
    ),
    { table: 'outbox', values: [rowId, rowId, 1, methods.POST] },
  ];
}

/** By the way of a copy, which writes a batch by one statement for each table. */
async function postgresWriter(url: string): Promise<BulkWriter> {
  const target = await openPostgresTarget({ url, name: url }, search);
  if (!target.isHalfFilled) await target.begin([], { load: '0' });
  const [last] = await target.all<{ row: number }>(
    'SELECT coalesce(max(sequence), 0) AS row FROM outbox',
    [],
  );
  let lastRow = last?.row ?? 0;
  return {
    stored: lastRow,
    async write(resources, atMs) {
      const from = String(lastRow);
      const batch = resources.map((resource) => {
        lastRow += 1;
        return { resource, rowId: lastRow };
      });
      await target.store(batch, ({ resource, rowId }, numbers) => rowsOf(resource, rowId, atMs, numbers), {
        stage: 'load',
        from,
        to: String(lastRow),
      });
    },
    async finish() {
      await target.finish();
      await target.close();
    },
  };
}

/** `database` is named as on the command line: "sqlite:PATH" or "postgres://...". Empty, or half filled by an earlier run. */
export async function bulkWriter(database: string): Promise<BulkWriter> {
  const address = readDatabaseAddress(database);
  if (typeof address === 'string') throw new Error(address);
  return address.kind === 'postgres' ? postgresWriter(address.url) : sqliteWriter(address.path);
}
