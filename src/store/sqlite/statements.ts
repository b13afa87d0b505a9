// Prepared statements of one connection, each prepared once. The text of a statement never holds a value.
import type { Database, Statement } from 'better-sqlite3';

export type Bindable = string | number | Buffer | null;

export interface Statements {
  readonly database: Database;
  run(
    sql: string,
    ...values: Bindable[]
  ): { readonly changes: number; readonly lastInsertRowid: number | bigint };
  get<T extends object>(sql: string, ...values: Bindable[]): T | undefined;
  all<T extends object>(sql: string, values: readonly Bindable[]): readonly T[];
}

/**
 * This SQLite is built with STAT4, where the planner may look at a bound value; a statement that it did so for is parsed and
 * planned anew on every execution, which took more than half of the time of a search. It never looks behind a unary plus,
 * which changes neither the value nor the plan: plans here do not rest on statistics.
 */
const withoutPeeking = (sql: string) => sql.replaceAll('?', '+?');

/** Searches come in many shapes; the least recently used statements beyond this number are let go. */
const mostKept = 400;

export function createStatements(database: Database): Statements {
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
    run: (sql, ...values) => prepared(sql).run(...values),
    get: <T extends object>(sql: string, ...values: Bindable[]) =>
      prepared(sql).get(...values) as T | undefined,
    all: <T extends object>(sql: string, values: readonly Bindable[]) => prepared(sql).all(...values) as T[],
  };
}
