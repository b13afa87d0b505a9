// A file of lines beside the one that is imported, from where an earlier run left off; durable after each piece.
import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, statSync, writeSync } from 'node:fs';

export interface LinesFile {
  /** How many bytes were written. */
  append(text: string): number;
  close(): void;
  removeIfEmpty(): void;
}

/** What stands in it behind so many bytes is of a batch that was not finished, and goes. */
export function openLinesFile(path: string, keptBytes: number): LinesFile {
  const handle = openSync(path, 'a');
  ftruncateSync(handle, keptBytes);
  return {
    append(text) {
      if (text === '') return 0;
      writeSync(handle, text);
      fsyncSync(handle);
      return Buffer.byteLength(text);
    },
    close: () => closeSync(handle),
    removeIfEmpty: () => {
      if (statSync(path).size === 0) rmSync(path);
    },
  };
}
