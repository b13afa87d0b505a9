// Page cursors: where the last row of a page stood in the order of its search. Opaque to clients, and without any rights.
import { invalid } from '../../fhir/error.ts';
import type { Bindable } from './statements.ts';

/** The sort values of the last row, and its row_id. */
export interface Position {
  readonly keys: readonly Bindable[];
  readonly rowId: number;
}

export function writeCursor(position: Position): string {
  return Buffer.from(JSON.stringify([...position.keys, position.rowId])).toString('base64url');
}

const isBindable = (value: unknown): value is Bindable =>
  value === null || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));

/** Throws 400 for a cursor that this search did not hand out. */
export function readCursor(cursor: string, keyCount: number): Position {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = undefined;
  }
  if (Array.isArray(parts) && parts.length === keyCount + 1 && parts.every(isBindable)) {
    const rowId = parts.at(-1);
    if (Number.isSafeInteger(rowId)) {
      return { keys: parts.slice(0, -1), rowId: Number(rowId) };
    }
  }
  throw invalid('This page link does not belong to this search. Start again from the first page.');
}
