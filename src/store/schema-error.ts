// Why a database cannot be used.

/** A database that this program must not touch. The message says what to do. */
export class SchemaError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SchemaError';
  }
}
