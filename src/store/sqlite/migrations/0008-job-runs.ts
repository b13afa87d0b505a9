// Runs of scheduled jobs: that a slot of a job has one row is what keeps two processes from carrying it out twice.

export const jobRuns = `
  -- slot: the local time that it is named after; claim: counts those who took it up; counts: JSON (src/runtime/job-runs.ts).
  CREATE TABLE job_run (
    job TEXT NOT NULL, slot TEXT NOT NULL, state TEXT NOT NULL, claim INTEGER NOT NULL, tries INTEGER NOT NULL,
    owner TEXT NOT NULL, held_until_ms INTEGER NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER, counts TEXT NOT NULL,
    PRIMARY KEY (job, slot)
  ) STRICT, WITHOUT ROWID;
`;
