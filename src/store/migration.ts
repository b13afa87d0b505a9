// What the migrations of both adapters have in common.

/** Its place in its adapter's list is the number of the schema that it leads to. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

export interface Migrated {
  /** The schema's number now. */
  readonly schema: number;
  /** The names of the migrations that ran, in order; none when everything was up to date. */
  readonly ran: readonly string[];
}
