// Where a database is: a file of SQLite, or a PostgreSQL server. Pure; a password never gets into a name that is shown.

export type DatabaseAddress =
  | { readonly kind: 'sqlite'; readonly path: string; readonly name: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly name: string };

export const sqliteAddress = (path: string): DatabaseAddress => ({
  kind: 'sqlite',
  path,
  name: `sqlite:${path}`,
});

/** Throws TypeError for what is no URL. */
export function postgresAddress(url: string): DatabaseAddress {
  const { host, pathname } = new URL(url);
  return { kind: 'postgres', url, name: `postgres://${host}${pathname}` };
}

/** Reads "sqlite:PATH" or "postgres://user:password@host:port/database"; gives what is wrong with it as a text. */
export function readDatabaseAddress(text: string): DatabaseAddress | string {
  const path = /^sqlite:(.*)$/s.exec(text)?.[1];
  if (path !== undefined) {
    return path === '' || path === ':memory:'
      ? 'sqlite: needs the path of a file, such as sqlite:data/alongside.sqlite'
      : sqliteAddress(path);
  }
  if (!/^postgres(ql)?:/.test(text)) {
    // Not shown: it may hold a password.
    return 'A database is named sqlite:PATH or postgres://user@host:5432/database';
  }
  if (!URL.canParse(text) || !/^\/[^/]+$/.test(new URL(text).pathname) || new URL(text).host === '') {
    return 'A PostgreSQL database is named postgres://user@host:5432/database';
  }
  return postgresAddress(text);
}
