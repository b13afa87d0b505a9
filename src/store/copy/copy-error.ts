// Why a copy cannot be made or go on.

/** The message says what to do. */
export class CopyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CopyError';
  }
}

/** Something failed at one end; `cause` is what its driver said. */
export class EndFailure extends Error {
  /** The name of the database, without a password. */
  readonly end: string;

  constructor(end: string, cause: unknown) {
    super(`${end} failed.`, { cause });
    this.name = 'EndFailure';
    this.end = end;
  }
}
