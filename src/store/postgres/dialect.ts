// PostgreSQL's words for what SQLite says differently. Lists come as one JSON text, as they do there.
import type { Dialect } from '../sql/dialect.ts';

export const postgresDialect: Dialect = {
  numbersIn: '(SELECT CAST(e.value AS BIGINT) AS value FROM json_array_elements_text(CAST(? AS json)) e)',
  textsIn: 'json_array_elements_text(CAST(? AS json))',
  elementsOf: (column) => `json_array_elements(CAST(${column} AS json))`,
  memberOf: (name) => `j.value ->> '${name}'`,
  nowMs: 'CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)',
  // Waits until every transaction that has written a resource has ended, and lets none begin to until this one has.
  waitForWriters: 'LOCK TABLE resource IN SHARE MODE',
};
