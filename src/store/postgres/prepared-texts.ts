// Translated statements and the names under which connections prepare them, so that PostgreSQL parses and plans each once.
import type pg from 'pg';
import type { Command, Rows } from './command.ts';
import { translate } from './translate.ts';

/** Sends one command on a connection. */
export type Ask = (client: pg.ClientBase, command: Command) => Promise<Rows>;

/** Searches come in many shapes, and a client can make up more: those beyond this number are parsed each time. */
const mostNamed = 400;
const mostTranslated = 2_000;

export function preparedTexts(): Ask {
  const named = new Map<string, { readonly text: string; readonly name: string }>();
  const translated = new Map<string, string>();

  /** A text gets its name when it comes for the second time. */
  const prepared = (sql: string): { readonly text: string; readonly name?: string } => {
    const known = named.get(sql);
    if (known !== undefined) {
      return known;
    }
    const text = translated.get(sql);
    if (text === undefined) {
      if (translated.size >= mostTranslated) translated.clear();
      const first = translate(sql);
      translated.set(sql, first);
      return { text: first };
    }
    if (named.size >= mostNamed) {
      return { text };
    }
    const again = { text, name: `s${named.size}` };
    named.set(sql, again);
    return again;
  };

  return async (client, { sql, values }) => {
    const result = await client.query<object>({ ...prepared(sql), values: [...values] });
    return result.rows;
  };
}
