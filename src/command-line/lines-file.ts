// A file of lines beside the one that is imported; durable after each piece.
import { closeSync, fsyncSync, ftruncateSync, openSync, rmSync, statSync, writeSync } from 'node:fs';

export interface LinesFile {
  /** Behind its first `keptBytes`; whatever stands there is of a batch that was not stored, and goes. */
  append(keptBytes: number, text: string): void;
  close(): void;
  removeIfEmpty(): void;
}

export function openLinesFile(path: string): LinesFile {
  const handle = openSync(path, 'a');
  return {
    append(keptBytes, text) {
      ftruncateSync(handle, keptBytes);
      writeSync(handle, text);
      fsyncSync(handle);
    },
    close: () => closeSync(handle),
    removeIfEmpty: () => {
      if (statSync(path).size === 0) rmSync(path);
    },
  };
}
