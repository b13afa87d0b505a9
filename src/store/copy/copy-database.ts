// Copies one database into another that is empty, or goes on with a copy that was interrupted.
import { type CopiedTable, progressTable, readTables } from './copied-tables.ts';
import type { CopyReader, CopyTarget } from './copy-ends.ts';
import { CopyError } from './copy-error.ts';
import { copyVersions, type VersionCopy } from './copy-versions.ts';
import { type Key, keysetPages } from './keyset-pages.ts';
import { newSideRow, type SideRow, type SideTable, sideTables } from './side-tables.ts';

/** Stands beside the places of the stages. */
const sourceStage = 'source';
const versionStage = 'resource';

/** For each stage behind what it is to go on; the empty text is the begin. */
type Places = ReadonlyMap<string, string>;

async function rowsIn(end: CopyReader, table: CopiedTable): Promise<number> {
  const [row] = await end.all<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`, []);
  return row?.rows ?? 0;
}

/** All rows that a copy reads, or those that a comparison does. */
export async function countRows(
  end: CopyReader,
  tables: readonly CopiedTable[] = readTables,
): Promise<number> {
  let sum = 0;
  for (const table of tables) sum += await rowsIn(end, table);
  return sum;
}

/** Changes with every write of a resource. */
async function stateOf(source: CopyReader): Promise<string> {
  const [row] = await source.all<{ last: number | null }>('SELECT max(sequence) AS last FROM outbox', []);
  return String(row?.last ?? 0);
}

/** The pages of a patient's record come in the order of their types' numbers. */
async function typesOf(source: CopyReader): Promise<readonly string[]> {
  const rows = await source.all<{ text: string }>(
    `SELECT t.text FROM term t WHERE EXISTS (SELECT 1 FROM resource r WHERE r.type_id = t.term_id) ORDER BY t.term_id`,
    [],
  );
  return rows.map(({ text }) => text);
}

async function assertEmpty(target: CopyTarget): Promise<void> {
  for (const table of readTables) {
    const [row] = await target.all<{ one: number }>(`SELECT 1 AS one FROM ${table} LIMIT 1`, []);
    if (row !== undefined) {
      throw new CopyError(
        `${target.name} is not empty (it has rows in "${table}"), and nothing was copied. Give a new file or a new database, ` +
          'in which no service has been started and no token made.',
      );
    }
  }
}

export interface BegunCopy {
  readonly places: Places;
  /** Was something of it copied before? */
  readonly isResumed: boolean;
}

/** Throws CopyError when the target is not empty, or half-filled from what the source was at another time. */
export async function beginCopy(source: CopyReader, target: CopyTarget): Promise<BegunCopy> {
  if (source.identity === target.identity) {
    throw new CopyError(`--from and --to are the same database (${source.name}). Give another to copy into.`);
  }
  const state = await stateOf(source);
  if (!target.isHalfFilled) {
    await assertEmpty(target);
    const places = Object.fromEntries(
      [versionStage, ...sideTables.map(({ table }) => table)].map((stage) => [stage, '']),
    );
    await target.begin(await typesOf(source), { ...places, [sourceStage]: state });
    return { places: new Map(Object.entries(places)), isResumed: false };
  }
  const rows = await target.all<{ stage: string; place: string }>(
    `SELECT stage, place FROM ${progressTable}`,
    [],
  );
  const places = new Map(rows.map(({ stage, place }) => [stage, place]));
  if (places.get(sourceStage) !== state) {
    throw new CopyError(
      `${target.name} is half-filled by an interrupted copy, and ${source.name} is another database or has changed since. ` +
        'Remove what is in the target (delete the file, or drop and make the database anew) and copy with the service stopped.',
    );
  }
  return { places, isResumed: true };
}

async function copySideTable(
  { source, target, signal, onStored }: VersionCopy,
  table: SideTable,
  place: string,
): Promise<void> {
  const after = place === '' ? undefined : (JSON.parse(place) as Key);
  let from = place;
  for await (const { rows, end } of keysetPages<SideRow>(source, table.pages, after)) {
    const to = JSON.stringify(end);
    await target.store(rows, (row, numbers) => [newSideRow(table, row, numbers)], {
      stage: table.table,
      from,
      to,
    });
    onStored(rows.length);
    from = to;
    if (signal.aborted) return;
  }
}

/** Every row is in the target when it resolves, unless the signal has said to stop. */
export async function copyDatabase(copy: VersionCopy, { places }: BegunCopy): Promise<void> {
  await copyVersions(copy, versionStage, places.get(versionStage) ?? '');
  for (const table of sideTables) {
    if (copy.signal.aborted) return;
    await copySideTable(copy, table, places.get(table.table) ?? '');
  }
}
