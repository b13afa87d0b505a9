// Writes the rows that are only added, audit rows above all, of all requests of one turn of the event loop by one statement, which
// commits by itself. Each is answered when it is durable.
import type { Statements } from '../sql/statements.ts';
import type { Command, Rows } from './command.ts';
import type { Numbers } from './numbers.ts';
import { replay } from './replay.ts';

interface Waiting {
  readonly command: Command;
  resolve(): void;
  reject(reason: unknown): void;
}

/** Rows of one statement; it has twelve values a row. */
const mostRows = 64;

/** The list of values that ends an INSERT. */
const lastTuple = /\(([?, ]+)\)\s*$/;

/** The same INSERT with so many rows. */
function withRows(sql: string, count: number): string {
  return sql.replace(lastTuple, (tuple) => Array.from({ length: count }, () => tuple.trim()).join(', '));
}

export type Append = (work: (statements: Statements) => void) => Promise<void>;

/** `ask` commits by itself. */
export function groupedAppends(ask: (command: Command) => Promise<Rows>, numbers: Numbers): Append {
  let queue: Waiting[] = [];

  const sendGroup = async (group: readonly Waiting[], sql: string): Promise<void> => {
    try {
      await ask({
        sql: withRows(sql, group.length),
        values: group.flatMap(({ command }) => command.values),
      });
      for (const waiting of group) waiting.resolve();
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    }
  };

  const drain = (): void => {
    const waiting = queue;
    queue = [];
    const bySql = Map.groupBy(waiting, ({ command }) => command.sql);
    for (const [sql, all] of bySql) {
      for (let from = 0; from < all.length; from += mostRows) {
        void sendGroup(all.slice(from, from + mostRows), sql);
      }
    }
  };

  const add = (command: Command): Promise<void> =>
    new Promise((resolve, reject) => {
      if (queue.length === 0) setImmediate(drain);
      queue.push({ command, resolve, reject });
    });

  return (work) =>
    replay(
      work,
      async (commands) => {
        await Promise.all(commands.map(add));
        return [];
      },
      numbers,
    );
}
