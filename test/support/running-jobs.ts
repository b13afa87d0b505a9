// Scheduled jobs of a service under test: each run as the runner would carry it out, at the instant that the service's clock shows.
import { carryOut, type JobTools } from '../../src/jobs/carry-out.ts';
import { schedule } from '../../src/jobs/schedule.ts';
import { silentLog } from '../../src/runtime/log.ts';
import type { TestService } from './test-system.ts';

export type RunJob = (name: string) => Promise<Readonly<Record<string, number>>>;

/** Answers with the counts of a run; throws unless it is done. */
export function jobsOf({ system, clock }: TestService): RunJob {
  const tools: JobTools = {
    runs: system.jobRuns,
    contextFor: (actor, requestId) => system.contextFor(actor, requestId),
    clock,
    wall: system.wall,
    log: silentLog,
    owner: 'test',
    leaseMs: 60_000,
  };
  let slots = 0;
  return async (name) => {
    const job = schedule.find((each) => each.name === name);
    if (!job) throw new Error(`no job ${name}`);
    const today = clock.now().toISOString().slice(0, 10);
    slots += 1;
    const asked = { owner: 'test', leaseMs: 60_000, mostTries: 5 };
    const run = await tools.runs.claim({ job: name, slot: `${today} ${slots}` }, asked);
    if (!run) throw new Error('the slot was not free');
    const { outcome, counts } = await carryOut(tools, job, run, { isStopping: () => false });
    if (outcome !== 'done') throw new Error(`${name} ended as ${outcome} on ${today}`);
    return counts;
  };
}
