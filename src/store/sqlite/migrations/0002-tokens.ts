// Bearer tokens: only the SHA-256 of each. Found by the hash on every request, by the id when one is revoked.

export const tokens = `
  CREATE TABLE token (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32), id TEXT NOT NULL UNIQUE, role TEXT NOT NULL, subject TEXT,
    scopes TEXT NOT NULL, name TEXT, created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT
  ) STRICT, WITHOUT ROWID;
`;
