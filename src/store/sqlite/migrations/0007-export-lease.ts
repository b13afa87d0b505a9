// Who carries an export out, and until when that one need not be asked whether it still does.

export const exportLease = `
  -- claim: counts those who took the export up; only the last one's writes count.
  ALTER TABLE export_job ADD COLUMN owner TEXT NOT NULL DEFAULT '';
  ALTER TABLE export_job ADD COLUMN claim INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE export_job ADD COLUMN lease_until_ms INTEGER NOT NULL DEFAULT 0;
`;
