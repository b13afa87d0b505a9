// The store on PostgreSQL: the same tables and the same SQL as on SQLite, for any number of processes side by side.
import type { TokenStore } from '../../auth/token-store.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { OpenedStore } from '../opened-store.ts';
import { openedOver } from '../sql/opened-over.ts';
import type { GivenParts } from '../sql/store-parts.ts';
import { tokenStoreOver } from '../sql/token-store.ts';
import { exportChunks } from './export-chunks.ts';
import { openSession, type SessionOptions } from './open-session.ts';
import { createRowWriter } from './row-writer.ts';

export type PostgresStoreOptions = SessionOptions & GivenParts;

/** Brings the schema up to date and returns a store. Throws SchemaError for a database that it must not touch. */
export async function postgresStore(options: PostgresStoreOptions): Promise<OpenedStore> {
  const { clock, newId, registry, compartment } = options;
  const { session, dictionary, check, close } = await openSession(options);
  const writer = createRowWriter();

  return {
    ...openedOver({ session, writer, clock, newId, registry, compartment, dictionary }),
    exportFiles: exportChunks(session),
    check,
    close,
  };
}

/** The tokens alone, for the command line, beside a running service or before the first start. */
export async function openPostgresTokens(url: string, clock: Clock): Promise<TokenStore> {
  const { session, close } = await openSession({ url, connections: 1 });
  return tokenStoreOver(session, clock, close);
}
