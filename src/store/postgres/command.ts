// What is sent to PostgreSQL and what comes back.
import type { Bindable } from '../sql/statements.ts';

export interface Command {
  readonly sql: string;
  readonly values: readonly Bindable[];
}

export type Rows = readonly object[];

/** Sends commands in order; resolves with the rows of the last. */
export type Send = (commands: readonly Command[]) => Promise<Rows>;

/** A PostgreSQL array of texts as one bound text. https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
export function arrayOfTexts(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

export function arrayOfNumbers(values: readonly number[]): string {
  return `{${values.join(',')}}`;
}
