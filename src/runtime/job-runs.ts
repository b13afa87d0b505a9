// The port behind which runs of scheduled jobs are kept: one row for each slot of a job, whichever process takes it up.

/** The right to carry a slot out. Of several that took it up, only the last one's counts. */
export interface RunHold {
  readonly job: string;
  readonly slot: string;
  /** Counts those who took it up. */
  readonly claim: number;
}

/** What a run looked at, what it wrote, and where it failed, as numbers. */
export type RunCounts = Readonly<Record<string, number>>;

/** running: somebody has it; waiting: it failed and is tried again; parked: it failed so often that a person has to look. */
export type RunState = 'running' | 'waiting' | 'done' | 'parked';

export interface JobRun extends RunHold {
  readonly state: RunState;
  /** How often it was begun, those that were stopped in order not counted. */
  readonly tries: number;
  readonly startedMs: number;
  readonly endedMs?: number;
  /** Until when nobody else takes it up. */
  readonly heldUntilMs: number;
  readonly counts: RunCounts;
}

interface ClaimAsk {
  /** Names the process. */
  readonly owner: string;
  readonly nowMs: number;
  /** Without a sign of life until then, another process takes it over. */
  readonly untilMs: number;
  /** One that was begun so often without an end is parked instead. */
  readonly mostTries: number;
}

export interface JobRuns {
  /**
   * Takes a slot up when nobody has: of any number of processes that ask at once, one gets it. One whose holder gave no sign of life,
   * or that waits to be tried again, is taken over when its time has come. Undefined: it is somebody else's, or over.
   */
  claim(slot: Pick<RunHold, 'job' | 'slot'>, ask: ClaimAsk): Promise<JobRun | undefined>;
  /** A sign of life. False when the hold is lost. */
  renew(hold: RunHold, untilMs: number): Promise<boolean>;
  /** Writes how it went. False, and nothing is written, when the hold is lost. */
  end(
    hold: RunHold,
    end: Pick<JobRun, 'state' | 'tries' | 'endedMs' | 'heldUntilMs' | 'counts'>,
  ): Promise<boolean>;
  /** Of each job the run that was begun last. */
  last(): Promise<readonly JobRun[]>;
}
