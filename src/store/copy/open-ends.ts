// Opens a database as one end of a copy, whichever kind it is of. Whatever fails says at which end.
import type { DatabaseAddress } from '../database-address.ts';
import { SchemaError } from '../schema-error.ts';
import type { CopyReader, CopyTarget } from './copy-ends.ts';
import { CopyError, EndFailure } from './copy-error.ts';
import { openPostgresReader, openPostgresTarget } from './postgres-ends.ts';
import { openSqliteReader, openSqliteTarget, type SearchParts } from './sqlite-ends.ts';

/** What speaks for itself is left as it is. */
async function at<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CopyError || error instanceof SchemaError ? error : new EndFailure(name, error);
  }
}

/** `isTarget`: it is read back while its copy is not at its end. Throws CopyError, SchemaError or EndFailure. */
export async function openReader(
  address: DatabaseAddress,
  { isTarget = false }: { readonly isTarget?: boolean } = {},
): Promise<CopyReader> {
  const { name } = address;
  const reader = await at(name, () =>
    address.kind === 'sqlite' ? openSqliteReader(address, isTarget) : openPostgresReader(address, isTarget),
  );
  return { ...reader, all: (sql, values) => at(name, () => reader.all(sql, values)) };
}

/** Brings its schema up to date. Throws as openReader() does. */
export async function openTarget(address: DatabaseAddress, search: SearchParts): Promise<CopyTarget> {
  const { name } = address;
  const target = await at(name, () =>
    address.kind === 'sqlite' ? openSqliteTarget(address, search) : openPostgresTarget(address, search),
  );
  return {
    ...target,
    all: (sql, values) => at(name, () => target.all(sql, values)),
    begin: (names, places) => at(name, () => target.begin(names, places)),
    store: (batch, rowsOf, step) => at(name, () => target.store(batch, rowsOf, step)),
    finish: () => at(name, () => target.finish()),
  };
}
