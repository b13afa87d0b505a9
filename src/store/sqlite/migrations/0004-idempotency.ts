// Answers kept for calls that carried an Idempotency-Key, so that a repetition gets the first one's.

export const idempotency = `
  -- call: method and address; content: SHA-256 of what was sent. Both must be the same for the answer to be given again.
  CREATE TABLE kept_answer (
    actor TEXT NOT NULL, key TEXT NOT NULL, call TEXT NOT NULL, content BLOB NOT NULL CHECK (length(content) = 32),
    kept_at INTEGER NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL, body TEXT,
    PRIMARY KEY (actor, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX kept_answer_by_age ON kept_answer (kept_at);
`;
