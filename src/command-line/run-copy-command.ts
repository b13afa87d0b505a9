// "copy": brings everything of one database into another, of either kind, and proves that it is all there.
import { parseArgs } from 'node:util';
import type { Clock } from '../runtime/clock.ts';
import { differencesOf, firstDifference } from '../store/copy/compare-databases.ts';
import { comparedTables } from '../store/copy/copied-tables.ts';
import { beginCopy, copyDatabase, countRows } from '../store/copy/copy-database.ts';
import type { CopyReader, CopyTarget } from '../store/copy/copy-ends.ts';
import { EndFailure } from '../store/copy/copy-error.ts';
import { openReader, openTarget } from '../store/copy/open-ends.ts';
import type { SearchParts } from '../store/copy/sqlite-ends.ts';
import { summariseDatabase } from '../store/copy/summarise-database.ts';
import { type DatabaseAddress, readDatabaseAddress } from '../store/database-address.ts';
import { comparisonTable } from './comparison-table.ts';
import { failureOf } from './database-failure.ts';
import { importProgress } from './import-progress.ts';

const copyUsage = `Usage:
  copy --from <database> --to <database>

  <database>   sqlite:PATH, the file itself (in DATA_DIR it is alongside.sqlite), or
               postgres://user@host:5432/database; a password is best given as PGPASSWORD

Copies every version of every resource as it is stored, tokens, audit rows, kept answers, how far imports came and the outbox;
exports are left out. The source is only read. Stop the service first: what it writes after the begin of the copy is not copied. The
target must be empty; its tables are made. BASE_URL must be as for the service: by it an absolute reference is known to be the
service's own.

An interrupted copy goes on where it was when the same command is given again. At the end both databases are read back and compared
by counts and SHA-256; before that no service starts on the target.
`;

export interface CopyEnvironment {
  readonly search: SearchParts;
  readonly clock: Clock;
  readonly isTerminal: boolean;
  readonly say: (text: string) => void;
  /** Says that the operator wants it to stop. */
  readonly signal: Pick<AbortSignal, 'aborted'>;
}

interface Ends {
  readonly from: DatabaseAddress;
  readonly to: DatabaseAddress;
}

/** What the words ask for, or what is wrong with them. */
function readWords(words: readonly string[]): Ends | string {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: { from: { type: 'string' }, to: { type: 'string' } },
    });
    if (values.from === undefined || values.to === undefined) return '--from and --to are needed.';
    const [from, to] = [readDatabaseAddress(values.from), readDatabaseAddress(values.to)];
    if (typeof from === 'string') return `--from: ${from}.`;
    return typeof to === 'string' ? `--to: ${to}.` : { from, to };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function progressOf(environment: CopyEnvironment, name: string, total: number, done: number) {
  const { clock, isTerminal, say } = environment;
  let rows = done;
  const facts = { name, unit: 'rows', sizeBytes: total, fromBytes: done, fromLines: done };
  const progress = importProgress({ ...facts, isTerminal, clock, write: say });
  return {
    add: (more: number) => {
      rows += more;
      // The target of a comparison may have more than was expected.
      progress.show(Math.min(rows, total), rows);
    },
    end: () => progress.end(Math.min(rows, total), rows),
  };
}

/** Both as they are read back; whether they are the same. */
async function compare(
  environment: CopyEnvironment,
  source: CopyReader,
  target: CopyReader,
): Promise<boolean> {
  const total = (await countRows(source, comparedTables)) * 2;
  const progress = progressOf(environment, 'compare', total, 0);
  const [one, other] = await Promise.all([
    summariseDatabase(source, progress.add),
    summariseDatabase(target, progress.add),
  ]);
  progress.end();
  environment.say(`\n${comparisonTable(one, other)}\n`);
  const differences = differencesOf(one, other);
  if (differences.length === 0) return true;
  const first = await firstDifference(source, target);
  environment.say(
    [
      'The copy is not the same as the source:',
      ...differences.map((difference) => `  ${difference}`),
      ...(first === undefined ? [] : [`The first difference: ${first}.`]),
      'Was BASE_URL set as for the service, and the service stopped? Remove what is in the target and copy anew.',
      '',
    ].join('\n'),
  );
  return false;
}

async function copyBetween(
  environment: CopyEnvironment,
  to: DatabaseAddress,
  source: CopyReader,
  target: CopyTarget,
): Promise<0 | 1> {
  const { say, signal, search } = environment;
  const begun = await beginCopy(source, target);
  const done = begun.isResumed ? await countRows(target) : 0;
  if (begun.isResumed) say(`Goes on with an interrupted copy: ${done} rows are there.\n`);
  const [jobs] = await source.all<{ jobs: number }>('SELECT count(*) AS jobs FROM export_job', []);
  if ((jobs?.jobs ?? 0) > 0) {
    say(`${jobs?.jobs} exports are not copied: their files are local. Ask for them again.\n`);
  }
  const progress = progressOf(environment, 'copy', await countRows(source), done);
  await copyDatabase(
    { source, target, compartment: search.compartment, signal, onStored: progress.add },
    begun,
  );
  progress.end();
  if (signal.aborted) {
    say(`Interrupted: ${target.name} is half-filled. Give the same command again to go on.\n`);
    return 1;
  }
  const written = await openReader(to, { isTarget: true });
  try {
    if (!(await compare(environment, source, written))) return 1;
  } finally {
    await written.close();
  }
  await target.finish();
  say(`${target.name} holds everything that ${source.name} holds.\n`);
  return 0;
}

/** The exit code: 0 copied and found the same, 1 not, 2 not understood. */
export async function runCopyCommand(
  words: readonly string[],
  environment: CopyEnvironment,
): Promise<0 | 1 | 2> {
  const { say, search } = environment;
  if (words.includes('--help') || words.includes('-h')) {
    say(copyUsage);
    return 0;
  }
  const ends = readWords(words);
  if (typeof ends === 'string') {
    say(`${ends}\n\n${copyUsage}`);
    return 2;
  }
  const open: CopyReader[] = [];
  try {
    const source = await openReader(ends.from);
    open.push(source);
    const target = await openTarget(ends.to, search);
    open.push(target);
    return await copyBetween(environment, ends.to, source, target);
  } catch (error) {
    const [name, why] = error instanceof EndFailure ? [error.end, error.cause] : [ends.to.name, error];
    const failure = failureOf(name, why);
    if (failure === undefined) throw error;
    say(`${failure}\n`);
    return 1;
  } finally {
    for (const end of open) await end.close();
  }
}
