// One connection to PostgreSQL, with the settings that the promises of the store rest on. Statements are sent without waiting for the
// answers of those before them: https://node-postgres.com/features/pipelining
import type { Socket } from 'node:net';
import pg from 'pg';

/**
 * How long things may take, in milliseconds. When the database hangs, a call waits for a connection and for the silence after one
 * statement; together below 5 s.
 */
export interface Patience {
  readonly connectMs: number;
  /** After which the server gives up a statement, and says so. */
  readonly statementMs: number;
  /** After which the database counts as hanging: so much later that a busy one has said that it gave up. */
  readonly silenceMs: number;
  readonly waitMs: number;
}

export const usualPatience: Patience = {
  connectMs: 1_000,
  statementMs: 1_800,
  silenceMs: 2_300,
  waitMs: 2_500,
};

const int8 = 20;

/** All whole numbers of ours are exact in a double. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? Number : pg.types.getTypeParser(oid, format),
};

/**
 * The plan of a search is decided by us (search-plan.ts), not by statistics, which are wrong after every load of data: joins in the
 * order written, by indexes. https://www.postgresql.org/docs/current/explicit-joins.html
 */
const planning = [
  'join_collapse_limit=1',
  'from_collapse_limit=1',
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'jit=off',
  'plan_cache_mode=force_generic_plan',
];

export interface ConnectionOptions {
  readonly url: string;
  readonly patience: Patience;
  /** Further settings of the server, such as "synchronous_commit=off". */
  readonly settings?: readonly string[];
  /** How long a statement waits for a lock; as long as it may take unless said otherwise. */
  readonly lockMs?: number;
  /** Makes the socket of a new connection. */
  readonly socket?: () => Socket;
}

export function clientConfig({
  url,
  patience,
  settings = [],
  lockMs,
  socket,
}: ConnectionOptions): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'alongside',
    pipeline: true,
    keepAlive: true,
    connectionTimeoutMillis: patience.connectMs,
    statement_timeout: patience.statementMs,
    query_timeout: patience.silenceMs,
    lock_timeout: lockMs ?? patience.statementMs,
    idle_in_transaction_session_timeout: 10_000,
    options: [...planning, ...settings].map((setting) => `-c ${setting}`).join(' '),
    types,
    ...(socket !== undefined && { stream: socket }),
  };
}
