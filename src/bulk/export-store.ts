// The port behind which exports are kept and the stored resources are read as they were at one instant.
import type { ResourceType } from '@medplum/fhirtypes';
import type { ExportJob, ExportReach } from './export-job.ts';

/** The right to carry a job out. Of several that took it up, only the last one's counts. */
export interface ExportHold {
  readonly job: string;
  readonly claim: number;
}

export interface HeldJob {
  readonly job: ExportJob;
  readonly hold: ExportHold;
}

/** Until when a hold stands without being renewed; later, another one may take the job over. */
export interface ExportLease {
  /** Names the process that has it. */
  readonly owner: string;
  readonly untilMs: number;
}

type AddResult =
  | ({ readonly kind: 'added' } & HeldJob)
  /** Nothing was added: this client has one running already, or as many as may run at once do. */
  | { readonly kind: 'busy'; readonly who: 'client' | 'others' };

export interface SnapshotAsk {
  readonly type: ResourceType;
  /** Ids in ascending order, beyond this one. */
  readonly afterId: string;
  readonly count: number;
  /** As it was at this instant, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Only what changed later than this. */
  readonly sinceMs?: number;
  readonly reach: ExportReach;
}

export interface SnapshotPage {
  /** The stored text of each resource, one line each. */
  readonly resources: readonly string[];
  /** Ids of what was deleted; only when `sinceMs` was given. */
  readonly deleted: readonly string[];
  /** The last id looked at, whether it is in the page or not; absent when there is none beyond. */
  readonly lastId?: string;
}

export interface ExportStore {
  /** Adds a running job, whose instant lies just before the present one. */
  add(job: Pick<ExportJob, 'id' | 'client' | 'request'>, lease: ExportLease): Promise<AddResult>;
  /** Resolves when every change that is being stored, by whatever process, has been stored or given up. */
  writersEnded(): Promise<void>;
  find(id: string): Promise<ExportJob | undefined>;
  /** The job that made a file. */
  findByFile(fileId: string): Promise<ExportJob | undefined>;
  all(): Promise<readonly ExportJob[]>;
  /** Takes over the running jobs whose lease ended at this instant or before. */
  takeOver(freeAtMs: number, lease: ExportLease): Promise<readonly HeldJob[]>;
  /** Makes a lease end at another instant. False when the hold is lost. */
  renew(hold: ExportHold, untilMs: number): Promise<boolean>;
  /** Saves `place`, `files`, `state` and `finishedMs`. False, and nothing is saved, when the hold is lost or the job was removed. */
  save(job: ExportJob, hold: ExportHold): Promise<boolean>;
  remove(id: string): Promise<void>;
  page(ask: SnapshotAsk): Promise<SnapshotPage>;
}
