// Why a database cannot be used.
import type { DatabaseAddress } from './database-address.ts';

/** It could not be opened; the cause says why, in the words of the driver. */
export class DatabaseUnusable extends Error {
  readonly database: DatabaseAddress;

  constructor(database: DatabaseAddress, cause: unknown) {
    super(`${database.name} could not be opened.`, { cause });
    this.name = 'DatabaseUnusable';
    this.database = database;
  }
}

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

/** For what is only read, and so cannot be brought up to date on the way. */
export const olderSchema = (name: string, version: number, known: number) =>
  new SchemaError(
    version === 0
      ? `${name} holds no database of this program.`
      : `The database ${name} has schema ${version}, and this version of the program reads schema ${known}: bring it up to date by "migrate" first.`,
  );

export const halfCopied = (name: string) =>
  new SchemaError(
    `${name} is half-filled by a copy that was interrupted or found a difference at its end. Give the same "copy" command once more ` +
      'to go on with it, or remove what is in it (delete the file, or drop and make the database anew).',
  );
