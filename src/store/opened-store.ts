// What an adapter gives to the composition root, whichever database it is of.
import type { TokenStore } from '../auth/token-store.ts';
import type { ExportStore } from '../bulk/export-store.ts';
import type { JobFiles } from '../runtime/job-files.ts';
import type { JobRuns } from '../runtime/job-runs.ts';
import type { Store } from './store.ts';

/** What the service keeps beside resources. */
type CountedTable = 'audit' | 'outbox' | 'claim' | 'kept_answer';

export interface OpenedStore {
  /** Sees and may do everything; wrap it before a client's request gets near. */
  readonly store: Store;
  /** The bearer tokens in the same database; closed with it. */
  readonly tokens: TokenStore;
  /** Exports, and the view of the past that they read. */
  readonly exports: ExportStore;
  /** Which process carries which slot of a scheduled job out. */
  readonly jobRuns: JobRuns;
  /** Indexes anew what was stored under other search parameters than those of now, or everything. Before anything is searched. */
  readonly bringIndexUpToDate: (
    onReindexed: (type: string, resources: number) => void,
    what?: 'outdated' | 'everything',
  ) => Promise<void>;
  /** The files of exports, where every process that uses this database finds them. Absent when only one process can use it. */
  readonly exportFiles?: JobFiles;
  /** Rejects when the database cannot be read: for /readyz. */
  readonly check: () => Promise<void>;
  /** The rows of a table. */
  readonly count: (table: CountedTable) => Promise<number>;
  /** Answers what is under way, then lets go of the database. */
  readonly close: () => Promise<void>;
}
