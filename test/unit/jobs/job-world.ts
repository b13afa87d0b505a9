// Jobs in the invented world of a course: each run as the runner would carry it out, on the day that the test says.
import type { Task } from '@medplum/fhirtypes';
import { carryOut, type JobTools } from '../../../src/jobs/carry-out.ts';
import type { ScheduledJob } from '../../../src/jobs/schedule.ts';
import { schedule } from '../../../src/jobs/schedule.ts';
import type { Log, LogFields } from '../../../src/runtime/log.ts';
import { wallClock } from '../../../src/runtime/wall-clock.ts';
import type { CourseWorld } from '../workflows/course-world.ts';

type KeptLine = Omit<LogFields, 'message'> & { readonly message: string };

export interface KeptLog extends Log {
  readonly lines: readonly KeptLine[];
}

export function keptLog(): KeptLog {
  const lines: KeptLine[] = [];
  const keep = (message: string, fields: LogFields = {}) => {
    lines.push({ message, ...fields });
  };
  return { lines, info: keep, error: keep };
}

function jobNamed(name: string): ScheduledJob {
  const job = schedule.find((each) => each.name === name);
  if (!job) throw new Error(`no job ${name}`);
  return job;
}

export const toolsOf = (world: CourseWorld, log: Log, owner = 'a'): JobTools => ({
  runs: world.jobRuns,
  contextFor: (actor, requestId) => world.contextFor(actor, requestId),
  clock: world.clock,
  wall: wallClock('Europe/Amsterdam'),
  log,
  owner,
  leaseMs: 60_000,
});

let slots = 0;

/** Moves the clock to an instant, or to noon of a day, and runs the job. Answers with its counts. */
export async function runOn(world: CourseWorld, name: string, day: string, log: Log = keptLog()) {
  world.setClock(day.length > 10 ? day : `${day}T11:00:00.000Z`);
  const tools = toolsOf(world, log);
  slots += 1;
  const slot = `${day} ${slots}`;
  const run = await tools.runs.claim({ job: name, slot }, { owner: 'a', leaseMs: 60_000, mostTries: 5 });
  if (!run) throw new Error('the slot was not free');
  const { outcome, counts } = await carryOut(tools, jobNamed(name), run, { isStopping: () => false });
  return { outcome, ...counts };
}

/** As short as can be told apart: code, owner, what it is about, when it is due, and its status. */
export const told = (task: Task) =>
  [
    task.code?.coding?.[0]?.code,
    task.owner?.reference ?? 'nobody',
    task.focus?.reference,
    task.restriction?.period?.end,
    task.status,
  ].join(' ');

/** The Tasks that jobs have set, in the order in which they were. */
export async function watchTasks(world: CourseWorld): Promise<readonly Task[]> {
  const tasks = await world.all('Task');
  return tasks
    .filter(({ code }) => code?.coding?.some(({ system }) => system?.endsWith('/course-watch')))
    .toSorted((left, right) => (left.authoredOn ?? '').localeCompare(right.authoredOn ?? ''));
}
