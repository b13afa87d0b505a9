// Pieces of SQL with the values that belong to their question marks, so that the two can never get out of step.
import type { Dialect } from './dialect.ts';
import type { Bindable } from './statements.ts';

export interface Fragment {
  readonly sql: string;
  readonly values: readonly Bindable[];
}

export const fragment = (sql: string, ...values: Bindable[]): Fragment => ({ sql, values });

/** A condition that no row meets. Recognised by identity, so that a search for nothing is not run at all. */
export const nothing = fragment('FALSE');

/** `(a AND b)`; an empty list is true. */
export function allOf(parts: readonly Fragment[]): Fragment {
  if (parts.includes(nothing)) {
    return nothing;
  }
  return parts.length === 0 ? fragment('TRUE') : joined(parts, ' AND ');
}

/** `(a OR b)`; an empty list is false. */
export function anyOf(parts: readonly Fragment[]): Fragment {
  const possible = parts.filter((part) => part !== nothing);
  return possible.length === 0 ? nothing : joined(possible, ' OR ');
}

function joined(parts: readonly Fragment[], between: string): Fragment {
  const [only] = parts;
  return parts.length === 1 && only !== undefined
    ? only
    : {
        sql: `(${parts.map((part) => part.sql).join(between)})`,
        values: parts.flatMap((part) => part.values),
      };
}

/** `column IN (?, …)` or `column = ?`; an empty list is false. */
export function among(column: string, values: readonly Bindable[]): Fragment {
  if (values.length === 0) {
    return nothing;
  }
  return values.length === 1
    ? { sql: `${column} = ?`, values }
    : { sql: `${column} IN (${values.map(() => '?').join(', ')})`, values };
}

/** With more than these a list is handed over as one value, so that a statement's text does not depend on its length. */
const mostListed = 200;

/** The same for a list of any length, of numbers or of texts. */
export function amongMany(
  column: string,
  values: readonly number[] | readonly string[],
  { numbersIn, textsIn }: Dialect,
): Fragment {
  if (values.length <= mostListed) {
    return among(column, values);
  }
  const list = typeof values[0] === 'number' ? numbersIn : textsIn;
  return fragment(`${column} IN (SELECT j.value FROM ${list} j)`, JSON.stringify(values));
}

/** Puts the values of several pieces behind each other, in the order in which they stand in the text. */
export const valuesOf = (...parts: readonly (Fragment | undefined)[]): Bindable[] =>
  parts.flatMap((part) => part?.values ?? []);
