// What the workflows of an export are given besides the context of a request: they go on when the request is answered.
import type { ExportStore } from '../../bulk/export-store.ts';
import type { ExportableTypes } from '../../bulk/read-export-request.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { JobFiles } from '../../runtime/job-files.ts';
import type { Log } from '../../runtime/log.ts';

export interface ExportTools {
  readonly jobs: ExportStore;
  readonly files: JobFiles;
  readonly types: ExportableTypes;
  readonly clock: Clock;
  readonly log: Log;
  /** A name that nobody can guess, of lower-case letters and digits. */
  readonly newName: () => string;
  /** Names this process. */
  readonly owner: string;
  /** How long an export that this process carries out is left to it without a sign of life. */
  readonly leaseMs: number;
  /** How long after its instant a change may begin to be stored at most; 0 where the present one has been stored already. */
  readonly settleMs: number;
  /** Can no other process use the database? What an earlier one left is then free at once. */
  readonly isAlone: boolean;
}
