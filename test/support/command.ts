// The command line as a process of its own.
import { execFile } from 'node:child_process';
import { compileCache } from './compile-cache.ts';

export interface Ended {
  readonly code: number | null;
  /** Standard error, where commands speak. */
  readonly said: string;
}

/** The command with these words, in an environment that holds nothing else. */
export function runCommand(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['src/main.ts', ...words],
      { env: { ...environment, ...compileCache }, encoding: 'utf8' },
      (_error, _stdout, stderr) => resolve({ code: child.exitCode, said: stderr }),
    );
  });
}
