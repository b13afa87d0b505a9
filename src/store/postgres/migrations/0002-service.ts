// What the service keeps beside resources: tokens, answers for an Idempotency-Key, exports with their files.

export const service = `
  CREATE TABLE token (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32), id text COLLATE "C" NOT NULL UNIQUE, role text NOT NULL, subject text,
    scopes text NOT NULL, name text, created_at text COLLATE "C" NOT NULL, expires_at text COLLATE "C", revoked_at text
  );

  CREATE TABLE kept_answer (
    actor text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, call text NOT NULL,
    content bytea NOT NULL CHECK (length(content) = 32),
    kept_at bigint NOT NULL, status smallint NOT NULL, headers text NOT NULL, body text,
    PRIMARY KEY (actor, key)
  );
  CREATE INDEX kept_answer_by_age ON kept_answer (kept_at);

  CREATE TABLE export_job (
    job_id text COLLATE "C" PRIMARY KEY, client text NOT NULL, state text NOT NULL, transaction_ms bigint NOT NULL,
    finished_ms bigint, request text NOT NULL, place text NOT NULL, files text NOT NULL
  );

  CREATE TABLE index_state (type text COLLATE "C" PRIMARY KEY, fingerprint text NOT NULL);
`;
