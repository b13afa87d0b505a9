// Compares what clients were told with what PostgreSQL holds, looking straight into its tables.
import pg from 'pg';
import { type Call, keySystem } from './mixed-load.ts';

export interface Faults {
  /** Acknowledged, and not there. */
  readonly lost: readonly string[];
  /** Refused as "nothing was stored", and there. */
  readonly deniedButThere: readonly string[];
  readonly twice: readonly string[];
  /** Of a transaction that wrote several, only some are there. */
  readonly halves: readonly string[];
  /** Resources whose versions do not run from 1 without a hole. */
  readonly holes: number;
  /** Versions without their row of the outbox or of the audit, and such rows without their version. */
  readonly unmatched: number;
}

const storedSql = `SELECT i.value ->> 'value' AS key, count(*) AS times
  FROM resource r, jsonb_path_query(CAST(r.body AS jsonb), '$.identifier[*]') AS i (value)
  WHERE i.value ->> 'system' = $1 GROUP BY 1`;
const holesSql = `SELECT count(*) AS n FROM resource r
  WHERE r.version - 1 <> (SELECT count(DISTINCT v.version) FROM version v WHERE v.row_id = r.row_id AND v.version < r.version)`;
const everyVersion = `SELECT r.type_id, r.id, r.row_id, v.version
  FROM resource r, generate_series(1, r.version) AS v (version)`;
const unmatchedSql = `WITH stored AS (${everyVersion}),
  audited AS (SELECT type_id, id, version FROM audit WHERE action IN ('C', 'U', 'D') AND outcome = 'success')
  SELECT (SELECT count(*) FROM (SELECT row_id, version FROM stored EXCEPT ALL SELECT row_id, version FROM outbox) a)
    + (SELECT count(*) FROM (SELECT row_id, version FROM outbox EXCEPT ALL SELECT row_id, version FROM stored) b)
    + (SELECT count(*) FROM (SELECT type_id, id, version FROM stored EXCEPT ALL SELECT * FROM audited) c)
    + (SELECT count(*) FROM (SELECT * FROM audited EXCEPT ALL SELECT type_id, id, version FROM stored) d) AS n`;

export async function asked<Row extends object>(
  databaseUrl: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

const isGood = ({ status }: Call) => status === 200 || status === 201;

export async function faultsIn(databaseUrl: string, calls: readonly Call[]): Promise<Faults> {
  const rows = await asked<{ key: string; times: string }>(databaseUrl, storedSql, [keySystem]);
  const times = new Map(rows.map(({ key, times: count }) => [key, Number(count)]));
  const [holes] = await asked<{ n: string }>(databaseUrl, holesSql);
  const [unmatched] = await asked<{ n: string }>(databaseUrl, unmatchedSql);
  const isThere = (key: string) => times.has(key);
  const writing = calls.filter(({ keys }) => keys.length > 0);
  const acknowledged = new Set(writing.filter(isGood).flatMap(({ keys }) => keys));
  return {
    lost: [...acknowledged].filter((key) => !isThere(key)),
    deniedButThere: writing
      .filter(({ status, text }) => status === 503 && !text.includes('may have been stored'))
      .flatMap(({ keys }) => keys)
      // The same key may have been sent again.
      .filter((key) => isThere(key) && !acknowledged.has(key)),
    twice: [...times].filter(([, count]) => count !== 1).map(([key]) => key),
    halves: writing
      .filter(({ keys }) => keys.some(isThere) && !keys.every(isThere))
      .flatMap(({ keys }) => keys),
    holes: Number(holes?.n),
    unmatched: Number(unmatched?.n),
  };
}

export const noFaults: Faults = {
  lost: [],
  deniedButThere: [],
  twice: [],
  halves: [],
  holes: 0,
  unmatched: 0,
};
