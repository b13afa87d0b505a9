// Prepared statements of one SQLite connection, each prepared once.
import type { Database, Statement } from 'better-sqlite3';
import type { Dialect } from '../sql/dialect.ts';
import type { Bindable, Statements } from '../sql/statements.ts';

export interface SqliteStatements extends Statements {
  readonly database: Database;
  /** The number that SQLite gives the new row. */
  readonly insert: (sql: string, ...values: readonly Bindable[]) => number;
  /** Each row as the list of its values. */
  readonly lists: (sql: string, ...values: readonly Bindable[]) => readonly (readonly Bindable[])[];
}

const dialect: Dialect = {
  numbersIn: 'json_each(?)',
  textsIn: 'json_each(?)',
  elementsOf: (column) => `json_each(${column})`,
  memberOf: (name) => `j.value ->> '${name}'`,
};

/**
 * This SQLite is built with STAT4, where the planner may look at a bound value; a statement that it did so for is parsed and
 * planned anew on every execution, which took more than half of the time of a search. It never looks behind a unary plus,
 * which changes neither the value nor the plan: plans here do not rest on statistics.
 */
const withoutPeeking = (sql: string) => sql.replaceAll('?', '+?');

/** Searches come in many shapes; beyond this number the one that was prepared first is let go. */
const mostKept = 400;

export function createStatements(database: Database): SqliteStatements {
  const kept = new Map<string, Statement>();

  const prepared = (sql: string): Statement => {
    const known = kept.get(sql);
    if (known !== undefined) {
      return known;
    }
    const statement = database.prepare(withoutPeeking(sql));
    kept.set(sql, statement);
    if (kept.size > mostKept) {
      const oldest = kept.keys().next();
      if (!oldest.done) {
        kept.delete(oldest.value);
      }
    }
    return statement;
  };

  return {
    database,
    dialect,
    run: (sql, ...values) => {
      prepared(sql).run(...values);
    },
    insert: (sql, ...values) => Number(prepared(sql).run(...values).lastInsertRowid),
    lists: (sql, ...values) =>
      prepared(sql)
        .raw(true)
        .all(...values) as Bindable[][],
    get: <T extends object>(sql: string, ...values: readonly Bindable[]) =>
      prepared(sql).get(...values) as T | undefined,
    all: <T extends object>(sql: string, values: readonly Bindable[]) => prepared(sql).all(...values) as T[],
  };
}
