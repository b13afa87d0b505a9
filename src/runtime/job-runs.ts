// The port behind which runs of scheduled jobs are kept: one row for each slot of a job, whichever process takes it up. Every time in it
// is the database's: the clocks of the processes may differ.

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
  /** Until when nobody else takes it up. */
  readonly heldUntilMs: number;
  readonly counts: RunCounts;
}

interface ClaimAsk {
  /** Names the process. */
  readonly owner: string;
  /** Without a sign of life for so long, another process takes it over. */
  readonly leaseMs: number;
  /** One that was begun so often without an end is parked instead. */
  readonly mostTries: number;
}

interface RunEnd {
  readonly state: RunState;
  readonly tries: number;
  readonly counts: RunCounts;
  /** For so long nobody takes up one that waits. */
  readonly pauseMs: number;
}

export interface JobRuns {
  /** What time it is for all processes on this database, in milliseconds since the epoch. */
  now(): Promise<number>;
  /**
   * Takes a slot up when nobody has: of any number of processes that ask at once, one gets it. One whose holder gave no sign of life,
   * or that waits to be tried again, is taken over when its time has come. Undefined: it is somebody else's, or over.
   */
  claim(slot: Pick<RunHold, 'job' | 'slot'>, ask: ClaimAsk): Promise<JobRun | undefined>;
  /** A sign of life. False when the hold is lost. */
  renew(hold: RunHold, leaseMs: number): Promise<boolean>;
  /** Writes how it went. False, and nothing is written, when the hold is lost. */
  end(hold: RunHold, end: RunEnd): Promise<boolean>;
  /** Of each job the run that was begun last. */
  last(): Promise<readonly JobRun[]>;
}
