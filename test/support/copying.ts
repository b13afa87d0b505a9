// The "copy" command in this process, for tests that need no process of its own.
import { runCopyCommand } from '../../src/command-line/run-copy-command.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { searchParts } from '../../src/system.ts';
import type { Ended } from './command.ts';

/** The address of the service of test-system.ts, whose data is copied. */
const usualBaseUrl = 'http://alongside.example';

export async function copyBetween(
  from: string,
  to: string,
  signal: Pick<AbortSignal, 'aborted'> = { aborted: false },
): Promise<Ended> {
  return copyWith(['--from', from, '--to', to], signal);
}

export async function copyWith(
  words: readonly string[],
  signal: Pick<AbortSignal, 'aborted'> = { aborted: false },
  baseUrl = usualBaseUrl,
): Promise<Ended> {
  let said = '';
  const code = await runCopyCommand(words, {
    search: searchParts(baseUrl),
    clock: systemClock,
    isTerminal: false,
    signal,
    say: (text) => {
      said += text;
    },
  });
  return { code, said };
}

/** The table of counts and hashes in what the command said. */
export const tableIn = ({ said }: Ended): string => /^ +resources[\s\S]*?\n\n/m.exec(said)?.[0] ?? '';
