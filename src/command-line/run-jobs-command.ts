// "jobs": lists the scheduled jobs with their last and next run, and runs one at once, for operators.
import { isTimeWithZone } from '../fhir/time-with-zone.ts';
import { carryOut, type JobTools } from '../jobs/carry-out.ts';
import type { ScheduledJob } from '../jobs/schedule.ts';
import { nextSlot } from '../jobs/slots.ts';

const jobsUsage = `Usage:
  jobs                          every job: how it last went, and when it runs next
  jobs run <name> [--at <at>]   runs a job now; --at takes another instant for the present, such as 2027-01-31T06:00:00Z

It looks at what is overdue and changes nothing when it is run twice. The service may be running at the same time. Times are those of
TIME_ZONE. JOBS=off keeps a service from running jobs by itself; this command runs them all the same.
`;

export interface JobsEnvironment {
  readonly jobs: readonly ScheduledJob[];
  readonly openTools: () => Promise<{ readonly tools: JobTools; readonly close: () => Promise<void> }>;
  /** Progress is shown on one line, again and again. */
  readonly isTerminal: boolean;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

type Asked =
  | { readonly kind: 'list' }
  | { readonly kind: 'help' }
  | { readonly kind: 'run'; readonly job: ScheduledJob; readonly at?: Date }
  | { readonly kind: 'fault'; readonly why: string };

function read(words: readonly string[], jobs: readonly ScheduledJob[]): Asked {
  if (words.includes('--help') || words.includes('-h')) return { kind: 'help' };
  const [verb, name, ...rest] = words;
  if (verb === undefined) return { kind: 'list' };
  if (verb !== 'run')
    return { kind: 'fault', why: `"${verb}" is not known: say "jobs" or "jobs run <name>".` };
  const names = jobs.map((job) => job.name).join(', ');
  const job = jobs.find((each) => each.name === name);
  if (!job) {
    const what = name === undefined ? 'Which job?' : `There is no job "${name}".`;
    return { kind: 'fault', why: `${what} The jobs are: ${names}.` };
  }
  if (rest.length === 0) return { kind: 'run', job };
  const [option, at = ''] = rest;
  if (option !== '--at' || rest.length > 2) {
    return { kind: 'fault', why: `"${rest.join(' ')}" is not understood after the name of the job.` };
  }
  if (!isTimeWithZone(at) || Number.isNaN(Date.parse(at))) {
    return {
      kind: 'fault',
      why: `--at takes an instant with its zone, such as 2027-01-31T06:00:00Z, not "${at}".`,
    };
  }
  return { kind: 'run', job, at: new Date(at) };
}

/** The exit code: 0 done, 1 some people's records could not be dealt with or it failed, 2 not understood. */
export async function runJobsCommand(
  words: readonly string[],
  environment: JobsEnvironment,
): Promise<0 | 1 | 2> {
  const { jobs, openTools, say } = environment;
  const asked = read(words, jobs);
  if (asked.kind === 'help') {
    say(jobsUsage);
    return 0;
  }
  if (asked.kind === 'fault') {
    say(`${asked.why}\n\n${jobsUsage}`);
    return 2;
  }
  const { tools, close } = await openTools();
  try {
    if (asked.kind !== 'run') {
      say(await listOf(jobs, tools));
      return 0;
    }
    return await runNow(asked.job, asked.at, tools, environment);
  } finally {
    await close();
  }
}

async function listOf(jobs: readonly ScheduledJob[], { runs, wall, clock }: JobTools): Promise<string> {
  const last = new Map((await runs.last()).map((run) => [run.job, run]));
  const widest = Math.max(...jobs.map(({ name }) => name.length));
  const lines = jobs.map(({ name, display, times }) => {
    const run = last.get(name);
    const went =
      run === undefined
        ? 'never run'
        : `last ${wall.shown(run.startedMs)} ${run.state}${countsOf(run.counts)}`;
    const next = nextSlot(wall, times, clock.now().getTime())?.name ?? 'never';
    return `${name.padEnd(widest)}  next ${next}  ${went}\n${' '.repeat(widest)}  ${display}\n`;
  });
  return lines.join('');
}

const countsOf = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([what, count]) => `, ${what} ${count}`)
    .join('');

async function runNow(
  job: ScheduledJob,
  at: Date | undefined,
  tools: JobTools,
  { isTerminal, say, signal }: JobsEnvironment,
): Promise<0 | 1> {
  const nowMs = tools.clock.now().getTime();
  const run = await tools.runs.claim(
    // Not the name of a slot: the slot of the day runs all the same.
    { job: job.name, slot: `by hand ${new Date(nowMs).toISOString()}` },
    { owner: tools.owner, leaseMs: tools.leaseMs, mostTries: 1 },
  );
  if (run === undefined) {
    say(`${job.name} was begun by somebody else at this very moment. Try again.\n`);
    return 1;
  }
  const { outcome, counts } = await carryOut(tools, job, run, {
    isStopping: () => signal.aborted,
    ...(at && { at }),
    ...(isTerminal && {
      passed: (done: number, all: number) => say(`\r${job.name}: ${done} of ${all} people`),
    }),
  });
  if (isTerminal) say('\n');
  say(`${job.name}: ${outcome}${countsOf(counts)}\n`);
  return outcome === 'done' ? 0 : 1;
}
