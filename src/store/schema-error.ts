// Why a database cannot be used.

/** A database that this program must not touch. The message says what to do. */
export class SchemaError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SchemaError';
  }
}

export const newerSchema = (name: string, version: number, known: number) =>
  new SchemaError(
    `The database ${name} has schema ${version}; this version of the program knows schemas up to ${known}. ` +
      'Start a program version that is at least as new as the one that wrote it, or restore a backup from before the upgrade.',
  );
