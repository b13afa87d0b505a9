// Runs of scheduled jobs: that a slot of a job has one row is what keeps two nodes from carrying it out twice.

export const jobRuns = `
  -- slot: the local time that it is named after; claim: counts those who took it up; counts: JSON (src/runtime/job-runs.ts).
  CREATE TABLE job_run (
    job text COLLATE "C" NOT NULL, slot text COLLATE "C" NOT NULL, state text NOT NULL, claim bigint NOT NULL,
    tries bigint NOT NULL, owner text NOT NULL, held_until_ms bigint NOT NULL, started_ms bigint NOT NULL, ended_ms bigint,
    counts text NOT NULL,
    PRIMARY KEY (job, slot)
  );
`;
