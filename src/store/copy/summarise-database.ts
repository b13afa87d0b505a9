// What a database holds, in counts and hashes that are the same for the same content whichever database it lies in.
import { createHash, type Hash } from 'node:crypto';
import { methods } from '../sql/resource-rows.ts';
import type { Bindable } from '../sql/statements.ts';
import type { CopyReader } from './copy-ends.ts';
import { keysetPages } from './keyset-pages.ts';
import { type SideRow, sideTables, sightTables } from './side-tables.ts';
import { storedVersions, type VersionOfRow } from './stored-versions.ts';

interface TypeSummary {
  /** Deleted ones too. */
  readonly resources: number;
  /** Current, superseded and deleted ones. */
  readonly versions: number;
  readonly deletions: number;
  /** SHA-256 over the versions in the order of storedVersions(); see textOf(). */
  readonly hash: string;
}

interface TableSummary {
  readonly rows: number;
  readonly hash: string;
}

export interface DatabaseSummary {
  readonly types: ReadonlyMap<string, TypeSummary>;
  /** By their label. */
  readonly tables: ReadonlyMap<string, TableSummary>;
}

/** Where each part ends cannot be mistaken: a line of JSON with the length of the body, and the body. */
function textOf({ type, id, version, lastUpdated, method, body }: VersionOfRow): string {
  const head = [type, id, version, lastUpdated, method, Buffer.byteLength(body)];
  return `${JSON.stringify(head)}\n${body}\n`;
}

interface Counting {
  resources: number;
  versions: number;
  deletions: number;
  readonly hash: Hash;
}

const toldEvery = 500;

async function summariseTypes(
  reader: CopyReader,
  onRead: (rows: number) => void,
): Promise<DatabaseSummary['types']> {
  const types = new Map<string, Counting>();
  let untold = 0;
  for await (const row of storedVersions(reader)) {
    const type = types.get(row.type) ?? {
      resources: 0,
      versions: 0,
      deletions: 0,
      hash: createHash('sha256'),
    };
    types.set(row.type, type);
    type.versions += 1;
    if (row.isCurrent) type.resources += 1;
    if (row.method === methods.DELETE) type.deletions += 1;
    type.hash.update(textOf(row));
    untold += 1;
    if (untold === toldEvery) {
      onRead(untold);
      untold = 0;
    }
  }
  onRead(untold);
  const inOrder = [...types].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return new Map(
    inOrder.map(([type, { hash, ...counts }]) => [type, { ...counts, hash: hash.digest('hex') }]),
  );
}

const asText = (value: Bindable) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;

/** Rows of one key stand in an order of their own in each database: they are put in that of their texts. */
const linesOf = (rows: readonly SideRow[]) =>
  rows.map((row) => `${JSON.stringify(Object.values(row).map(asText))}\n`);

/** By number where the first key is one, and by text within it. */
const inOrder = (rows: readonly SideRow[], key: string): string[] =>
  [...Map.groupBy(rows, (row) => row[key] ?? null).values()].flatMap((group) => linesOf(group).sort());

export async function summariseDatabase(
  reader: CopyReader,
  onRead: (rows: number) => void,
): Promise<DatabaseSummary> {
  const types = await summariseTypes(reader, onRead);
  const tables = new Map<string, TableSummary>();
  for (const { label, pages } of [...sideTables, ...sightTables]) {
    const hash = createHash('sha256');
    let count = 0;
    for await (const { rows } of keysetPages<SideRow>(reader, pages, undefined)) {
      for (const line of inOrder(rows, pages.keys[0] ?? '')) hash.update(line);
      count += rows.length;
      onRead(rows.length);
    }
    tables.set(label, { rows: count, hash: hash.digest('hex') });
  }
  return { types, tables };
}
