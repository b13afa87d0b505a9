// One export as it is kept: what was asked, from which instant, how far it has come. https://hl7.org/fhir/uv/bulkdata/STU2/export.html
import type { OperationOutcomeIssue, ResourceType } from '@medplum/fhirtypes';

/** Whose resources: everything, what lies in any patient's record, or what lies in the records of these patients. */
export type ExportReach =
  | { readonly kind: 'everything' }
  | { readonly kind: 'all-patients' }
  | { readonly kind: 'patients'; readonly ids: readonly string[] };

export interface ExportRequest {
  /** The kick-off address with its parameters, as the manifest repeats it. */
  readonly url: string;
  readonly reach: ExportReach;
  /** In the order in which they are exported. */
  readonly types: readonly ResourceType[];
  /** Only what changed after this instant, with the deletions since then. */
  readonly since?: string;
  /** What was left out of the request, for the client to read. */
  readonly notes: readonly OperationOutcomeIssue[];
}

export interface ExportFile {
  /** Random; names it in its address and on disk. */
  readonly id: string;
  readonly part: 'output' | 'deleted' | 'error';
  readonly type: ResourceType;
  /** Lines. */
  readonly count: number;
  readonly bytes: number;
}

/** Up to where everything is written and durable. */
interface ExportPlace {
  /** Position in `request.types`. */
  readonly typeAt: number;
  /** The id of the last resource that was looked at; "" before the first. */
  readonly afterId: string;
}

export interface ExportJob {
  readonly id: string;
  /** Who started it; nobody else is shown it. */
  readonly client: string;
  readonly state: 'running' | 'done' | 'failed';
  /** What is exported is what was stored at this instant, in milliseconds since the epoch. */
  readonly transactionMs: number;
  /** When it ended, well or not. */
  readonly finishedMs?: number;
  readonly request: ExportRequest;
  readonly place: ExportPlace;
  readonly files: readonly ExportFile[];
}

/** How long a finished export can be fetched. */
export const exportLifetimeMs = 24 * 60 * 60 * 1000;

/** So many run at the same time, one of each client. */
export const exportsAtOnce = 2;

/** Resources looked at in one step: a step takes some milliseconds, and others are served between two. */
export const chunkSize = 500;

export function isExpired({ finishedMs }: ExportJob, nowMs: number): boolean {
  return finishedMs !== undefined && finishedMs + exportLifetimeMs <= nowMs;
}

/** One that meets a database that is away is gone on with later, but not for ever. */
export function isGivenUp({ transactionMs }: ExportJob, nowMs: number): boolean {
  return transactionMs + exportLifetimeMs <= nowMs;
}
