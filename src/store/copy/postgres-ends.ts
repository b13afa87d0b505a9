// A PostgreSQL database as either end of a copy.
import pg from 'pg';
import { Attempt } from '../postgres/attempt.ts';
import { clientConfig } from '../postgres/connection.ts';
import { assertCurrentSchema, hasTable, migratePostgres } from '../postgres/migrate.ts';
import { isAnyMissing, type Missing, nothingMissing } from '../postgres/missing.ts';
import { createNumbers } from '../postgres/numbers.ts';
import { preparedTexts } from '../postgres/prepared-texts.ts';
import { distinct } from '../postgres/row-writer.ts';
import { translate } from '../postgres/translate.ts';
import { createIndexRows } from '../sql/index-rows.ts';
import { indexFingerprints, insertFingerprint } from '../sql/index-state.ts';
import type { Bindable } from '../sql/statements.ts';
import { anotherCopy } from './another-copy.ts';
import { copiedTableNames, isIndexTable, progressTable } from './copied-tables.ts';
import type { CopyReader, CopyTarget, NewRow, NumberGiver } from './copy-ends.ts';
import { bulkInsertion, columnArrays } from './postgres-bulk.ts';
import type { SearchParts } from './sqlite-ends.ts';

interface Server {
  readonly url: string;
  readonly name: string;
}

/** A statement of a copy handles hundreds of rows, and the source waits in its transaction while the target writes. */
const patience = { connectMs: 5_000, statementMs: 10 * 60_000, silenceMs: 11 * 60_000, waitMs: 5_000 };

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...clientConfig({ url, patience }),
    pipeline: false,
    idle_in_transaction_session_timeout: 0,
  });
  // Without a listener a lost connection would end the process. Whoever uses it is told by the statement that fails.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The database itself, whatever name leads to its server: no two servers start in the same microsecond with one database number. */
async function identityOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ identity: string }>(
    `SELECT extract(epoch FROM pg_postmaster_start_time()) || ' ' || oid AS identity
       FROM pg_database WHERE datname = current_database()`,
  );
  return `postgres ${rows[0]?.identity ?? ''}`;
}

const readerOver = ({ name }: Server, client: pg.Client, identity: string): CopyReader => {
  const ask = preparedTexts();
  return {
    name,
    identity,
    all: async <T extends object>(sql: string, values: readonly Bindable[]) =>
      (await ask(client, { sql, values })) as readonly T[],
    close: () => client.end(),
  };
};

/** Throws SchemaError for what cannot be copied. */
export async function openPostgresReader(server: Server, isTarget: boolean): Promise<CopyReader> {
  const client = await connect(server.url);
  try {
    // The first statement in it takes the state that all others see.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await assertCurrentSchema(client, server.name, isTarget);
    return readerOver(server, client, await identityOf(client));
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** The rows of each item, when every number that they need is known. Only what lacked one is done again. */
async function numbered<T>(
  batch: readonly T[],
  rowsOf: (item: T, numbers: NumberGiver) => readonly NewRow[],
  giverFor: (missing: Missing) => NumberGiver,
  learn: (missing: Missing) => Promise<void>,
): Promise<readonly NewRow[]> {
  const done: (readonly NewRow[])[] = [];
  let waiting = [...batch.entries()];
  while (waiting.length > 0) {
    const all = nothingMissing('give');
    waiting = waiting.filter(([at, item]) => {
      const own = nothingMissing('give');
      done[at] = rowsOf(item, giverFor(own));
      for (const [text, how] of own.terms) all.terms.set(text, how);
      for (const [key, target] of own.targets) all.targets.set(key, target);
      return isAnyMissing(own);
    });
    await learn(all);
  }
  return done.flat();
}

/** The database must be there; its tables are made. */
export async function openPostgresTarget(
  server: Server,
  { registry, compartment }: SearchParts,
): Promise<CopyTarget> {
  await migratePostgres(server.url, { isCopyTarget: true });
  const client = await connect(server.url);
  const looking = await connect(server.url);
  const ask = preparedTexts();
  // What they write is committed by itself: a number that is given stays given.
  const numbers = createNumbers((command) => ask(looking, command));
  const indexRows = createIndexRows(numbers.dictionary, registry, compartment);
  const giverFor = (missing: Missing): NumberGiver => {
    const attempt = new Attempt([], missing);
    return {
      term: (text) => numbers.dictionary.termId(attempt, text),
      target: (target) => numbers.dictionary.targetId(attempt, target),
      indexRows: (typeId, resource) => indexRows.rowsOf(attempt, typeId, resource),
    };
  };

  const learn = (missing: Missing) => numbers.learn(missing);
  const giveTerm = (name: string, giver: NumberGiver) => {
    giver.term(name);
    return [];
  };

  const atOnce = async (work: () => Promise<void>): Promise<void> => {
    await client.query('BEGIN');
    try {
      await work();
      await client.query('COMMIT');
    } catch (error) {
      // On a connection that is lost there is nothing to roll back, and the first error is the one to be told.
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  };

  return {
    ...readerOver(server, client, await identityOf(client)),
    isHalfFilled: await hasTable(client, progressTable),
    async begin(names, places) {
      for (const name of names) await numbered([name], giveTerm, giverFor, learn);
      await atOnce(async () => {
        await client.query(`CREATE TABLE ${progressTable} (stage text PRIMARY KEY, place text NOT NULL)`);
        for (const [stage, place] of Object.entries(places)) {
          await client.query(`INSERT INTO ${progressTable} (stage, place) VALUES ($1, $2)`, [stage, place]);
        }
      });
    },
    async store(batch, rowsOf, { stage, from, to }) {
      const rows = await numbered(batch, rowsOf, giverFor, learn);
      const byTable = Map.groupBy(rows, ({ table }) => table);
      await atOnce(async () => {
        const { rowCount } = await client.query(
          `UPDATE ${progressTable} SET place = $1 WHERE stage = $2 AND place = $3`,
          [to, stage, from],
        );
        if (rowCount !== 1) throw anotherCopy(server.name);
        for (const table of copiedTableNames) {
          const all = (byTable.get(table) ?? []).map(({ values }) => values);
          if (all.length === 0) continue;
          const own = isIndexTable(table) ? distinct(all) : all;
          await client.query({ name: table, text: bulkInsertion[table], values: columnArrays(table, own) });
        }
      });
    },
    finish: () =>
      atOnce(async () => {
        for (const [table, column] of [
          ['resource', 'row_id'],
          ['outbox', 'sequence'],
          ['audit', 'audit_id'],
        ] as const) {
          await client.query(
            `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), (SELECT max(${column}) FROM ${table}))`,
          );
        }
        for (const row of indexFingerprints(registry)) {
          await client.query(translate(insertFingerprint), [...row]);
        }
        await client.query(`DROP TABLE ${progressTable}`);
      }),
    async close() {
      await Promise.all([client.end(), looking.end()]);
    },
  };
}
