// By which definitions each type was indexed, so that a change of them is noticed at start.

export const indexState = `
  CREATE TABLE index_state (type TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
