// "import": puts NDJSON files into the database through the same checks as a PUT of each line.
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Clock } from '../runtime/clock.ts';
import type { System } from '../system.ts';
import { type ImportStart, importFile } from './import-file.ts';
import { importProgress } from './import-progress.ts';
import { type ImportState, type ImportStates, importStates } from './import-state.ts';

const importUsage = `Usage:
  import --file <file.ndjson> [--file <file.ndjson>]... [--restart]

  --file      one resource a line, each with its id; an existing resource gets a new version
  --restart   begin at the first line, whatever an earlier run did

An interrupted import goes on where it was. Lines that are refused are left out; <file>.rejected.ndjson says why, with an
OperationOutcome for each, whose id is the number of the line. An answer that calls somebody in does so as by a PUT; of lines that
were stored and call nobody in because the answer is old, or its form is not known, <file>.remarks.ndjson says so. References are stored as they are.
Stop the service first: it and an import slow each other down.
`;

export interface ImportEnvironment {
  readonly dataDir: string;
  readonly openSystem: () => Promise<System>;
  readonly clock: Clock;
  readonly isTerminal: boolean;
  readonly say: (text: string) => void;
}

interface ImportWords {
  readonly files: readonly string[];
  readonly restart: boolean;
}

/** What the words ask for, or what is wrong with them. */
function readWords(words: readonly string[]): ImportWords | string {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: { file: { type: 'string', multiple: true }, restart: { type: 'boolean' } },
    });
    const files = values.file ?? [];
    return files.length === 0 ? '--file is needed.' : { files, restart: values.restart ?? false };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Where to begin with a file, or why it cannot be imported. */
function startOf(name: string, restart: boolean, states: ImportStates): ImportStart | string {
  const file = resolve(name);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) return `${name} is no file that can be read.`;
  const fresh = {
    file,
    size: found.size,
    changedMs: found.mtimeMs,
    offset: 0,
    lines: 0,
    rejected: 0,
    rejectedBytes: 0,
    remarked: 0,
    remarkedBytes: 0,
  };
  const earlier = restart ? undefined : states.read(file);
  if (earlier === undefined) return { state: fresh, isResumed: false };
  return earlier.size === fresh.size && earlier.changedMs === fresh.changedMs
    ? { state: earlier, isResumed: true }
    : `${name} has changed since an earlier import of it: give --restart to begin anew.`;
}

/** The exit code: 0 all stored, 1 some lines were rejected or a file could not be read, 2 not understood. */
export async function runImportCommand(
  words: readonly string[],
  environment: ImportEnvironment,
): Promise<0 | 1 | 2> {
  const { dataDir, say, clock, isTerminal } = environment;
  if (words.includes('--help') || words.includes('-h')) {
    say(importUsage);
    return 0;
  }
  const asked = readWords(words);
  const fault =
    typeof asked === 'string'
      ? asked
      : dataDir === ':memory:'
        ? 'DATA_DIR is ":memory:": nothing would be kept.'
        : undefined;
  if (typeof asked === 'string' || fault !== undefined) {
    say(`${fault}\n\n${importUsage}`);
    return 2;
  }
  const states = importStates(dataDir);
  const starts = asked.files.map((name) => startOf(name, asked.restart, states));
  const faults = starts.filter((start) => typeof start === 'string');
  if (faults.length > 0) {
    say(`${faults.join('\n')}\n`);
    return 1;
  }
  const system = await environment.openSystem();
  let rejected = 0;
  try {
    const tools = {
      context: system.contextFor({ role: 'system', scopes: [], tokenId: 'import' }, system.newId()),
      served: new Set<string>(system.resourceTypes),
      states,
      progressOf: (start: ImportState) =>
        importProgress({
          name: basename(start.file),
          sizeBytes: start.size,
          fromBytes: start.offset,
          fromLines: start.lines,
          isTerminal,
          clock,
          write: say,
        }),
    };
    for (const start of starts) {
      if (typeof start === 'string') continue;
      const end = await importFile(tools, start);
      rejected += end.rejected;
      if (end.rejected > 0)
        say(`${end.rejected} of ${end.lines} lines were rejected: ${end.file}.rejected.ndjson\n`);
      if (end.remarked > 0)
        say(
          `${end.remarked} of ${end.lines} lines hold answers that nobody was called in for: ${end.file}.remarks.ndjson says why\n`,
        );
    }
  } finally {
    await system.close();
  }
  return rejected > 0 ? 1 : 0;
}
