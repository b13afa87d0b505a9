// One run of an operation on a database that answers later: see replay.ts.
import type { Bindable, Statements } from '../sql/statements.ts';
import type { Command, Rows } from './command.ts';
import { postgresDialect } from './dialect.ts';
import type { Missing } from './missing.ts';

/** What leaves an operation that lacks an answer. Caught by replay() and nowhere else. */
class NotAnsweredYet extends Error {
  constructor() {
    super('An operation caught what was not thrown for it.');
    this.name = 'NotAnsweredYet';
  }
}
export const notAnsweredYet = new NotAnsweredYet();

/** What was asked in an earlier run, and what came back. */
export interface Answer {
  readonly sql: string;
  readonly rows: Rows;
}

export class Attempt implements Statements {
  readonly dialect = postgresDialect;
  readonly writes: Command[] = [];
  readonly missing: Missing;
  asked: Command | undefined;
  readonly #answers: readonly Answer[];
  #at = 0;

  constructor(answers: readonly Answer[], missing: Missing) {
    this.#answers = answers;
    this.missing = missing;
  }

  run(sql: string, ...values: readonly Bindable[]): void {
    this.writes.push({ sql, values });
  }

  get<T extends object>(sql: string, ...values: readonly Bindable[]): T | undefined {
    return this.all<T>(sql, values)[0];
  }

  all<T extends object>(sql: string, values: readonly Bindable[]): readonly T[] {
    const answer = this.#answers[this.#at];
    this.#at += 1;
    if (answer === undefined) {
      this.asked = { sql, values };
      throw notAnsweredYet;
    }
    if (answer.sql !== sql) {
      throw new Error('An operation of the store asked something else when it was run again.');
    }
    return answer.rows as readonly T[];
  }
}

/** Where the run notes the numbers that it lacks. */
export function missingOf(statements: Statements): Missing {
  if (!(statements instanceof Attempt)) {
    throw new Error('The numbers of names are asked for through the statements of an operation.');
  }
  return statements.missing;
}
