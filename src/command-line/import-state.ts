// How far the import of a file has come, so that an interrupted one goes on where it was. It is kept in the database that the file is
// imported into, in the commit of what was imported: whatever ends an import, no line is lost and none is stored twice.
import { z } from 'zod';

const shape = z.object({
  /** Size and last change of the file: with others it is another file. */
  size: z.number().int(),
  changedMs: z.number(),
  /** Up to here everything is stored or rejected. */
  offset: z.number().int(),
  lines: z.number().int(),
  rejected: z.number().int(),
  /** How much of the file of rejected lines belongs to it. */
  rejectedBytes: z.number().int(),
  /** The same of lines that were stored and that something is to be known about. */
  remarked: z.number().int(),
  remarkedBytes: z.number().int(),
});

export type ImportState = Readonly<z.infer<typeof shape>>;

export function importBegin({ size, changedMs }: Pick<ImportState, 'size' | 'changedMs'>): ImportState {
  return {
    size,
    changedMs,
    offset: 0,
    lines: 0,
    rejected: 0,
    rejectedBytes: 0,
    remarked: 0,
    remarkedBytes: 0,
  };
}

/** Reads what `importStateText` wrote. */
export const readImportState = (text: string): ImportState => shape.parse(JSON.parse(text));

export const importStateText = (state: ImportState): string => JSON.stringify(state);
