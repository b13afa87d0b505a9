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
    finished_ms bigint, request text NOT NULL, place text NOT NULL, files text NOT NULL,
    -- claim: counts those who took the export up; only the last one's writes count.
    owner text NOT NULL, claim bigint NOT NULL, lease_until_ms bigint NOT NULL
  );

  -- The files of exports, so that every node can go on with them and give them out; from_byte: where in its file a chunk begins.
  CREATE TABLE export_chunk (
    job_id text COLLATE "C" NOT NULL REFERENCES export_job ON DELETE CASCADE, file_id text COLLATE "C" NOT NULL,
    from_byte bigint NOT NULL, bytes bigint NOT NULL, body text NOT NULL,
    PRIMARY KEY (job_id, file_id, from_byte)
  );

  CREATE TABLE index_state (type text COLLATE "C" PRIMARY KEY, fingerprint text NOT NULL);
`;
