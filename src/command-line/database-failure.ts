// Says in words what an operator can act on when a database cannot be used. Never the address as it was given: it may hold a password.

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

const network: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing takes connections there',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the host',
  ECONNRESET: 'the connection was cut off',
  EPIPE: 'the connection was cut off',
};

/** https://www.postgresql.org/docs/current/errcodes-appendix.html and https://sqlite.org/rescode.html */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/^28/, 'the user or the password is not accepted'],
  [/^3D000$/, 'there is no such database: make it first (CREATE DATABASE)'],
  [/^42501$/, 'the user lacks rights in it'],
  [/^25006$/, 'it can only be read'],
  [/^53100$/, 'its disk is full'],
  [/^(53|57P|08)/, 'it was stopped, or takes no connections at the moment'],
  [/^SQLITE_NOTADB/, 'the file is no SQLite database'],
  [/^SQLITE_CORRUPT/, 'the file is damaged'],
  [/^SQLITE_(CANTOPEN|READONLY|PERM)/, 'the file or its folder may not be read or written'],
  [/^SQLITE_BUSY/, 'another program holds it locked'],
  [/^SQLITE_FULL/, 'its disk is full'],
  [/^(EACCES|EPERM|EROFS)$/, 'the file or its folder may not be read or written'],
  [/^(ENOTDIR|EISDIR|EEXIST)$/, 'the path does not lead to a file'],
];

/** The driver has no codes for these. */
const driverWords: readonly (readonly [RegExp, string])[] = [
  [/^(Connection terminated due to|timeout expired|Query read timeout)/, 'it does not answer'],
  [/^(Connection terminated|Client has encountered a connection error)/, 'the connection was cut off'],
];

const firstOf = (list: readonly (readonly [RegExp, string])[], text: string) =>
  list.find(([pattern]) => pattern.test(text))?.[1];

/** One line; undefined for what is no failure of the database: a bug, whose stack is wanted. */
export function failureOf(name: string, error: unknown): string | undefined {
  if (error instanceof Error && ['SchemaError', 'CopyError'].includes(error.name)) return error.message;
  const code = codeOf(error);
  const words =
    network[code] ??
    firstOf(refusals, code) ??
    firstOf(driverWords, error instanceof Error ? error.message : '');
  return words === undefined ? undefined : `Cannot use ${name}: ${words}${code === '' ? '' : ` (${code})`}.`;
}
