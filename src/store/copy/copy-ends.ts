// The two ends of a copy. Both databases have the same tables, so that one copier works in every direction; an end knows only how its
// database shows one state, gives numbers, and writes one batch.
import type { Resource } from '@medplum/fhirtypes';
import type { ReferenceTarget } from '../../fhir/reference.ts';
import type { IndexRows } from '../sql/index-tables.ts';
import type { Bindable } from '../sql/statements.ts';
import type { CopiedTable } from './copied-tables.ts';

export interface CopyReader {
  /** Without a password. */
  readonly name: string;
  /** Two ends at one database have the same. */
  readonly identity: string;
  /** Reads the database as it was when the reader was opened. */
  all<T extends object>(sql: string, values: readonly Bindable[]): Promise<readonly T[]>;
  close(): Promise<void>;
}

/** The numbers of the target's own names, given where there are none yet. */
export interface NumberGiver {
  term(text: string): number;
  target(target: ReferenceTarget): number;
  /** Every index row of a resource, by the code that makes them when a resource is stored. */
  indexRows(typeId: number, resource: Resource): IndexRows;
}

export interface NewRow {
  readonly table: CopiedTable;
  /** In the order of `copiedColumns`. */
  readonly values: readonly Bindable[];
}

/** Where the copier was, and where it is when the batch is stored. */
interface Step {
  readonly stage: string;
  readonly from: string;
  readonly to: string;
}

export interface CopyTarget extends CopyReader {
  /** Has an earlier copy into it not come to its end? */
  readonly isHalfFilled: boolean;
  /** Gives numbers to names in this order, then makes the table of the progress and fills it. */
  begin(names: readonly string[], places: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Stores a batch and the step, all or nothing. `rowsOf` may be run again for an item. Throws CopyError when somebody else has made
   * the step: two copies into one database do not get in each other's way.
   */
  store<T>(
    batch: readonly T[],
    rowsOf: (item: T, numbers: NumberGiver) => readonly NewRow[],
    step: Step,
  ): Promise<void>;
  /** New rows get numbers after those that are there; the table of the progress goes, and the database may be served. */
  finish(): Promise<void>;
}
