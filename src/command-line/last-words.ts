// What the process says when an error ends it: what the operator can act on in words, a bug with its stack.
import { ConfigError } from '../config.ts';
import { DatabaseUnusable, SchemaError } from '../store/schema-error.ts';
import { failureOf } from './database-failure.ts';

export function lastWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof DatabaseUnusable) {
    return failureOf(error.database.name, error.cause) ?? lastWords(error.cause);
  }
  const isAddress = 'code' in error && 'syscall' in error;
  return error instanceof ConfigError || error instanceof SchemaError || isAddress
    ? error.message
    : (error.stack ?? error.message);
}
