// Keeps the runs of scheduled jobs in the service's database: its unique rows decide which process carries a slot out.
import type { Clock } from '../../runtime/clock.ts';
import type { JobRun, JobRuns, RunCounts, RunHold, RunState } from '../../runtime/job-runs.ts';
import type { Session } from './session.ts';
import type { Statements } from './statements.ts';

interface RunRow {
  readonly job: string;
  readonly slot: string;
  readonly state: string;
  readonly claim: number;
  readonly tries: number;
  readonly held_until_ms: number;
  readonly started_ms: number;
  readonly counts: string;
}

const columns = 'job, slot, state, claim, tries, held_until_ms, started_ms, counts';

/** State and counts were written by this file. */
function runOf(row: RunRow): JobRun {
  return {
    job: row.job,
    slot: row.slot,
    claim: row.claim,
    state: row.state as RunState,
    tries: row.tries,
    startedMs: row.started_ms,
    heldUntilMs: row.held_until_ms,
    counts: JSON.parse(row.counts) as RunCounts,
  };
}

const find = (statements: Statements, job: string, slot: string) =>
  statements.get<RunRow>(`SELECT ${columns} FROM job_run WHERE job = ? AND slot = ?`, job, slot);

const isHeld = (statements: Statements, { job, slot, claim }: RunHold) =>
  statements.get(
    "SELECT 1 FROM job_run WHERE job = ? AND slot = ? AND claim = ? AND state = 'running'",
    job,
    slot,
    claim,
  ) !== undefined;

export function jobRunsOver(session: Pick<Session, 'read' | 'write'>, clock: Clock): JobRuns {
  /** Whose clock is ahead must not take for silent whoever is at work, nor keep a slot for longer. */
  const nowOf = (statements: Statements): number => {
    const { nowMs } = statements.dialect;
    const row =
      nowMs === undefined ? undefined : statements.get<{ now_ms: number }>(`SELECT ${nowMs} AS now_ms`);
    return row?.now_ms ?? clock.now().getTime();
  };

  return {
    now: () => session.read(nowOf),

    claim: ({ job, slot }, { owner, leaseMs, mostTries }) =>
      session.write((statements) => {
        const nowMs = nowOf(statements);
        const untilMs = nowMs + leaseMs;
        const found = find(statements, job, slot);
        if (found === undefined) {
          statements.run(
            `INSERT INTO job_run (job, slot, state, claim, tries, owner, held_until_ms, started_ms, ended_ms, counts)
             VALUES (?, ?, 'running', 1, 1, ?, ?, ?, NULL, '{}')`,
            job,
            slot,
            owner,
            untilMs,
            nowMs,
          );
          return {
            job,
            slot,
            claim: 1,
            state: 'running',
            tries: 1,
            startedMs: nowMs,
            heldUntilMs: untilMs,
            counts: {},
          };
        }
        const isFree =
          (found.state === 'running' || found.state === 'waiting') && found.held_until_ms <= nowMs;
        if (!isFree) return undefined;
        if (found.tries >= mostTries) {
          statements.run("UPDATE job_run SET state = 'parked' WHERE job = ? AND slot = ?", job, slot);
          return undefined;
        }
        const taken = {
          ...runOf(found),
          state: 'running' as const,
          claim: found.claim + 1,
          tries: found.tries + 1,
          startedMs: nowMs,
          heldUntilMs: untilMs,
        };
        statements.run(
          "UPDATE job_run SET state = 'running', claim = ?, tries = ?, owner = ?, held_until_ms = ?, started_ms = ? WHERE job = ? AND slot = ?",
          taken.claim,
          taken.tries,
          owner,
          untilMs,
          nowMs,
          job,
          slot,
        );
        return taken;
      }),

    renew: (hold, leaseMs) =>
      session.write((statements) => {
        if (!isHeld(statements, hold)) return false;
        statements.run(
          'UPDATE job_run SET held_until_ms = ? WHERE job = ? AND slot = ?',
          nowOf(statements) + leaseMs,
          hold.job,
          hold.slot,
        );
        return true;
      }),

    end: (hold, { state, tries, counts, pauseMs }) =>
      session.write((statements) => {
        if (!isHeld(statements, hold)) return false;
        const nowMs = nowOf(statements);
        statements.run(
          'UPDATE job_run SET state = ?, tries = ?, ended_ms = ?, held_until_ms = ?, counts = ? WHERE job = ? AND slot = ?',
          state,
          tries,
          nowMs,
          nowMs + pauseMs,
          JSON.stringify(counts),
          hold.job,
          hold.slot,
        );
        return true;
      }),

    last: () =>
      session.read((statements) =>
        statements
          .all<RunRow>(
            `SELECT ${columns} FROM job_run r
             WHERE NOT EXISTS (SELECT 1 FROM job_run n WHERE n.job = r.job AND (n.started_ms > r.started_ms OR (n.started_ms = r.started_ms AND n.slot > r.slot)))
             ORDER BY job`,
            [],
          )
          .map(runOf),
      ),
  };
}
