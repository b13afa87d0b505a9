// How far the import of a file has come: in the commit of what was imported, so that both are true or neither is.

export const importFiles = `
  -- file: its full path; state: JSON (src/command-line/import-state.ts).
  CREATE TABLE import_file (file text COLLATE "C" PRIMARY KEY, state text NOT NULL);
`;
