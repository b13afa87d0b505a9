// The store on PostgreSQL: the same tables and the same SQL as on SQLite, for any number of processes side by side.
import type { TokenStore } from '../../auth/token-store.ts';
import type { PatientCompartment } from '../../fhir/compartment.ts';
import type { SearchRegistry } from '../../fhir/search/search-registry.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { NewId } from '../../runtime/ids.ts';
import type { OpenedStore } from '../opened-store.ts';
import { exportStoreOver } from '../sql/export-store.ts';
import { createIndexRows } from '../sql/index-rows.ts';
import { bringIndexUpToDate } from '../sql/index-state.ts';
import { createResourceRows } from '../sql/resource-rows.ts';
import { storeOver } from '../sql/store-over.ts';
import type { StoreParts } from '../sql/store-parts.ts';
import { tokenStoreOver } from '../sql/token-store.ts';
import { exportChunks } from './export-chunks.ts';
import { openSession, type SessionOptions } from './open-session.ts';
import { createRowWriter } from './row-writer.ts';

export interface PostgresStoreOptions extends SessionOptions {
  readonly clock: Clock;
  readonly newId: NewId;
  readonly registry: SearchRegistry;
  readonly compartment: PatientCompartment;
}

/** Brings the schema up to date and returns a store. Throws SchemaError for a database that it must not touch. */
export async function postgresStore(options: PostgresStoreOptions): Promise<OpenedStore> {
  const { clock, newId, registry, compartment } = options;
  const { session, dictionary, check, close } = await openSession(options);
  const indexRows = createIndexRows(dictionary, registry, compartment);
  const rowWriter = createRowWriter();
  const rows = createResourceRows({ dictionary, indexRows, writer: rowWriter, clock });
  const parts: StoreParts = { clock, newId, registry, compartment, dictionary, rows };

  return {
    store: storeOver(session, [], parts),
    tokens: tokenStoreOver(session, clock, () => Promise.resolve()),
    exports: exportStoreOver(session, parts),
    bringIndexUpToDate: (onReindexed) =>
      bringIndexUpToDate({ session, registry, dictionary, indexRows, writer: rowWriter }, onReindexed),
    exportFiles: exportChunks(session),
    check,
    count: (table) =>
      session.read(
        (statements) => statements.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)?.rows ?? 0,
      ),
    close,
  };
}

/** The tokens alone, for the command line, beside a running service or before the first start. */
export async function openPostgresTokens(url: string, clock: Clock): Promise<TokenStore> {
  const { session, close } = await openSession({ url, connections: 1 });
  return tokenStoreOver(session, clock, close);
}
