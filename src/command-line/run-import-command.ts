// "import": puts NDJSON files into the database through the same checks as a PUT of each line.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FhirError } from '../fhir/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { DatabaseAddress } from '../store/database-address.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system.ts';
import { type ImportStart, importFile } from './import-file.ts';
import { importProgress } from './import-progress.ts';
import { importBegin, readImportState } from './import-state.ts';

const importUsage = `Usage:
  import --file <file.ndjson> [--file <file.ndjson>]... [--restart]

  --file      one resource a line, each with its id; an existing resource gets a new version
  --restart   begin at the first line, whatever an earlier run did

An interrupted import goes on where it was, as the database knows. Lines that are refused are left out; <file>.rejected.ndjson says
why, with an OperationOutcome for each, whose id is the number of the line. An answer that calls somebody in does so as by a PUT; of
lines that were stored and call nobody in because the answer is old, or its form is not known, <file>.remarks.ndjson says so.
References are stored as they are. BASE_URL must be as for the service: by it an absolute reference is known to be the service's own.
Stop the service first: it and an import slow each other down.
`;

export interface ImportEnvironment {
  readonly database: DatabaseAddress;
  readonly openSystem: () => Promise<System>;
  readonly clock: Clock;
  readonly isTerminal: boolean;
  readonly say: (text: string) => void;
}

interface ImportWords {
  /** Their full paths. */
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
    // Named twice, a file is imported once.
    const files = [...new Set((values.file ?? []).map((name) => resolve(name)))];
    return files.length === 0 ? '--file is needed.' : { files, restart: values.restart ?? false };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const gzip = Buffer.from([0x1f, 0x8b]);

function isCompressed(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const first = Buffer.alloc(gzip.length);
    return readSync(handle, first) === first.length && first.equals(gzip);
  } finally {
    closeSync(handle);
  }
}

/** Why a file cannot be imported, whatever is known of it. */
function faultOf(file: string): string | undefined {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    return `${file} is no file that can be read.`;
  return isCompressed(file) ? `${file} is compressed: unpack it first, such as by gunzip.` : undefined;
}

/** Where to begin with a file, or why that cannot be said. */
async function startOf(file: string, restart: boolean, store: Store): Promise<ImportStart | string> {
  const { size, mtimeMs: changedMs } = statSync(file);
  const kept = await store.importState(file);
  if (kept === undefined || restart) return { file, kept, state: importBegin({ size, changedMs }) };
  const state = readImportState(kept);
  return state.size === size && state.changedMs === changedMs
    ? { file, kept, state }
    : `${file} has changed since an earlier import of it: give --restart to begin anew.`;
}

/** The exit code: 0 all stored, 1 some lines were rejected or a file could not be read, 2 not understood. */
export async function runImportCommand(
  words: readonly string[],
  environment: ImportEnvironment,
): Promise<0 | 1 | 2> {
  const { database, say } = environment;
  if (words.includes('--help') || words.includes('-h')) {
    say(importUsage);
    return 0;
  }
  const asked = readWords(words);
  const fault =
    typeof asked === 'string'
      ? asked
      : database.kind === 'sqlite' && database.path === ':memory:'
        ? 'DATA_DIR is ":memory:": nothing would be kept.'
        : undefined;
  if (typeof asked === 'string' || fault !== undefined) {
    say(`${fault}\n\n${importUsage}`);
    return 2;
  }
  const faults = asked.files.flatMap((name) => faultOf(name) ?? []);
  if (faults.length > 0) {
    say(`${faults.join('\n')}\n`);
    return 1;
  }
  const system = await environment.openSystem();
  try {
    return await importAll(asked, environment, system);
  } catch (error) {
    // Somebody else imports the file, or the database is away.
    if (!(error instanceof FhirError)) throw error;
    say(`${error.message}\nWhat was imported until then is stored; give the same command again to go on.\n`);
    return 1;
  } finally {
    await system.close();
  }
}

async function importAll(
  { files, restart }: ImportWords,
  { say, clock, isTerminal }: ImportEnvironment,
  system: System,
): Promise<0 | 1> {
  const context = system.contextFor({ role: 'system', scopes: [], tokenId: 'import' }, system.newId());
  const tools = {
    context,
    served: new Set<string>(system.resourceTypes),
    progressOf: ({ file, state }: ImportStart) =>
      importProgress({
        name: basename(file),
        sizeBytes: state.size,
        fromBytes: state.offset,
        fromLines: state.lines,
        isTerminal,
        clock,
        write: say,
      }),
  };
  // Before anything is stored, all that is wrong with any of them.
  const starts = await Promise.all(files.map((name) => startOf(name, restart, context.store)));
  const faults = starts.filter((start) => typeof start === 'string');
  if (faults.length > 0) {
    say(`${faults.join('\n')}\n`);
    return 1;
  }
  let rejected = 0;
  for (const start of starts) {
    if (typeof start === 'string') continue;
    const end = await importFile(tools, start);
    rejected += end.rejected;
    if (end.rejected > 0)
      say(`${end.rejected} of ${end.lines} lines were rejected: ${start.file}.rejected.ndjson\n`);
    if (end.remarked > 0)
      say(
        `${end.remarked} of ${end.lines} lines hold answers that nobody was called in for: ${start.file}.remarks.ndjson says why\n`,
      );
  }
  return rejected > 0 ? 1 : 0;
}
