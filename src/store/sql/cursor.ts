// Page cursors: where the row at the edge of a page stood in the order of its search. Opaque to clients, and without any rights.
import { invalid } from '../../fhir/error.ts';
import type { Bindable } from './statements.ts';

/** The sort values of a row, and its row_id. */
export interface Position {
  readonly keys: readonly Bindable[];
  readonly rowId: number;
}

/** The page that lies behind a row, or before it. */
export interface Cursor extends Position {
  readonly isBackward: boolean;
}

export function writeCursor(position: Position, isBackward = false): string {
  const parts = [...position.keys, position.rowId];
  return Buffer.from(JSON.stringify(isBackward ? { before: parts } : parts)).toString('base64url');
}

const isBindable = (value: unknown): value is Bindable =>
  value === null || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));

/** Throws 400 for a cursor that this search did not hand out. */
export function readCursor(cursor: string, keyCount: number): Cursor {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    read = undefined;
  }
  const isBackward = typeof read === 'object' && read !== null && 'before' in read;
  const parts: unknown = isBackward ? (read as { before: unknown }).before : read;
  if (Array.isArray(parts) && parts.length === keyCount + 1 && parts.every(isBindable)) {
    const rowId = parts.at(-1);
    if (Number.isSafeInteger(rowId)) {
      return { keys: parts.slice(0, -1), rowId: Number(rowId), isBackward };
    }
  }
  throw invalid('This page link does not belong to this search. Start again from the first page.');
}
