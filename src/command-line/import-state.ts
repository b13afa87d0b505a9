// How far the import of a file has come, so that an interrupted one goes on where it was.
import { hash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const shape = z.object({
  /** The file's full path. */
  file: z.string(),
  /** Its size and last change: with others it is another file. */
  size: z.number().int(),
  changedMs: z.number(),
  /** Up to here everything is stored or rejected. */
  offset: z.number().int(),
  lines: z.number().int(),
  rejected: z.number().int(),
  /** How much of the file of rejected lines belongs to it. */
  rejectedBytes: z.number().int(),
  /** The same of lines that were stored and that something is to be known about; an earlier version did not count them. */
  remarked: z.number().int().default(0),
  remarkedBytes: z.number().int().default(0),
});

export type ImportState = Readonly<z.infer<typeof shape>>;

export interface ImportStates {
  /** What is known of a file; undefined when nothing is. */
  read(file: string): ImportState | undefined;
  /** Durable when it returns. */
  write(state: ImportState): void;
}

export function importStates(dataDir: string): ImportStates {
  const pathOf = (file: string) => join(dataDir, 'imports', `${hash('sha256', file)}.json`);
  return {
    read(file) {
      let text: string;
      try {
        text = readFileSync(pathOf(file), 'utf8');
      } catch (error) {
        if (typeof error === 'object' && error && 'code' in error && error.code === 'ENOENT')
          return undefined;
        throw error;
      }
      return shape.parse(JSON.parse(text));
    },
    write(state) {
      const path = pathOf(state.file);
      mkdirSync(dirname(path), { recursive: true });
      const handle = openSync(`${path}.part`, 'w');
      try {
        writeSync(handle, JSON.stringify(state));
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(`${path}.part`, path);
    },
  };
}
