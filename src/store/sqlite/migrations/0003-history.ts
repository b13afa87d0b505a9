// Puts the superseded versions of each type in the order of their time, for the history of a type. Paid by updates, not by creates.

export const history = `
  ALTER TABLE version ADD COLUMN type_id INTEGER NOT NULL DEFAULT 0;
  UPDATE version SET type_id = (SELECT r.type_id FROM resource r WHERE r.row_id = version.row_id);
  CREATE INDEX version_updated ON version (type_id, last_updated, row_id, version);
`;
