// Exports: what was asked, how far each has come, and which files it made.

export const bulkExport = `
  -- state: running, done or failed; a cancelled one has no row. request, place and files are JSON (src/bulk/export-job.ts).
  CREATE TABLE export_job (
    job_id TEXT PRIMARY KEY, client TEXT NOT NULL, state TEXT NOT NULL, transaction_ms INTEGER NOT NULL,
    finished_ms INTEGER, request TEXT NOT NULL, place TEXT NOT NULL, files TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
