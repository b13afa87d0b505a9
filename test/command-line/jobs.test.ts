// "jobs": the list, a run by hand, and what is said to words that are not understood.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schedule } from '../../src/jobs/schedule.ts';
import { runCommand } from '../support/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-jobs-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const patienceMs = 120_000;
const jobs = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  runCommand(['jobs', ...words], { DATA_DIR: folder, ...more });

it(
  'lists every job, runs one, and then says how it went',
  async () => {
    const before = await jobs([]);
    expect(before.code).toBe(0);
    for (const { name, display } of schedule) {
      expect(before.said).toMatch(
        new RegExp(`${name} +next \\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}  never run\\n`),
      );
      expect(before.said).toContain(display);
    }
    const run = await jobs(['run', 'sweep-dead-ends', '--at', '2027-01-31T06:00:00+01:00']);
    expect(run.code).toBe(0);
    expect(run.said).toMatch(/\nsweep-dead-ends: done, people 0, set 0, takenBack 0, failed 0\n$/);
    const after = await jobs([]);
    expect(after.said).toMatch(
      /sweep-dead-ends +next \S+ {2}last \d{4}-\d{2}-\d{2}T\d{2}:\d{2} done, people 0, set 0, takenBack 0, failed 0\n/,
    );
  },
  patienceMs,
);

it.each([
  [
    ['run', 'sweep'],
    /^There is no job "sweep"\. The jobs are: hear-unfinished-forms, hear-stopped-forms, hear-late-forms, escalate-alarms, .*sweep-dead-ends.*\.\n/,
  ],
  [['run'], /^Which job\? The jobs are: /],
  [['walk'], /^"walk" is not known: say "jobs" or "jobs run <name>"\.\n/],
  [
    ['run', 'sweep-dead-ends', '--at', 'tomorrow'],
    /^--at takes an instant with its zone, such as .*, not "tomorrow"\.\n/,
  ],
  [
    ['run', 'sweep-dead-ends', '--at', '2027-01-31'],
    /^--at takes an instant with its zone, such as .*, not "2027-01-31"\.\n/,
  ],
  [['run', 'sweep-dead-ends', '--now'], /^"--now" is not understood after the name of the job\.\n/],
])(
  'says what to do instead of %j',
  async (words, said) => {
    const { code, said: answer } = await jobs(words);
    expect(code).toBe(2);
    expect(answer).toMatch(said);
  },
  patienceMs,
);

it.each([
  [
    { TIME_ZONE: 'Europe/Atlantis' },
    'TIME_ZONE: must be the name of a time zone, such as Europe/Amsterdam or America/New_York',
  ],
  [
    { TIME_ZONE: '+01:00' },
    'TIME_ZONE: must be the name of a time zone, such as Europe/Amsterdam or America/New_York',
  ],
  [{ JOBS: 'no' }, 'JOBS: must be on or off'],
])(
  'does not start with %j',
  async (setting, said) => {
    const { code, said: answer } = await jobs([], setting);
    expect(code).toBe(1);
    expect(answer).toContain(said);
  },
  patienceMs,
);
