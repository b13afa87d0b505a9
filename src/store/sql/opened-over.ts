// What every adapter opens, made of its session and of how it writes rows.
import type { OpenedStore } from '../opened-store.ts';
import { exportStoreOver } from './export-store.ts';
import { createIndexRows } from './index-rows.ts';
import { bringIndexUpToDate } from './index-state.ts';
import { jobRunsOver } from './job-run-store.ts';
import { createKeptDefinitions } from './kept-definitions.ts';
import { createResourceRows } from './resource-rows.ts';
import type { RowWriter } from './row-writer.ts';
import type { Session } from './session.ts';
import { storeOver } from './store-over.ts';
import type { StoreParts } from './store-parts.ts';
import { tokenStoreOver } from './token-store.ts';

export interface Adapter extends Omit<StoreParts, 'rows' | 'keptDefinitions'> {
  readonly session: Session;
  readonly writer: RowWriter;
}

export function openedOver(
  adapter: Adapter,
): Pick<OpenedStore, 'store' | 'tokens' | 'exports' | 'jobRuns' | 'bringIndexUpToDate' | 'count'> {
  const { session, writer, clock, newId, registry, compartment, dictionary } = adapter;
  const indexRows = createIndexRows(dictionary, registry, compartment);
  const rows = createResourceRows({ dictionary, indexRows, writer, clock });
  const keptDefinitions = createKeptDefinitions();
  const parts: StoreParts = { clock, newId, registry, compartment, dictionary, rows, keptDefinitions };
  return {
    store: storeOver(session, [], parts),
    tokens: tokenStoreOver(session, clock, () => Promise.resolve()),
    exports: exportStoreOver(session, parts),
    jobRuns: jobRunsOver(session, clock),
    bringIndexUpToDate: (onReindexed, what) =>
      bringIndexUpToDate({ session, registry, dictionary, indexRows, writer }, onReindexed, what),
    count: (table) =>
      session.read(
        (statements) => statements.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)?.rows ?? 0,
      ),
  };
}
