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
