// Opens a PostgreSQL database for operations: brings its schema up to date and gives each kind of operation its connection.
import type { Dictionary } from '../sql/dictionary.ts';
import type { Session } from '../sql/session.ts';
import type { Command, Send } from './command.ts';
import { type Patience, usualPatience } from './connection.ts';
import { asRefusal } from './failures.ts';
import { groupedAppends } from './grouped-appends.ts';
import { migratePostgres } from './migrate.ts';
import { createNumbers } from './numbers.ts';
import { preparedTexts } from './prepared-texts.ts';
import { replay } from './replay.ts';
import { type SharedLine, sharedLine } from './shared-line.ts';
import { createTransactions } from './transactions.ts';

export interface SessionOptions {
  /** postgres://user:password@host:port/database */
  readonly url: string;
  /** Connections for transactions and searches; 10 unless said otherwise. Two more are shared by all requests. */
  readonly connections?: number;
  readonly patience?: Patience;
  /** How long a transaction may wait for something else than its statements; 5 s unless said otherwise. */
  readonly transactionTimeoutMs?: number;
}

export interface PostgresSession {
  readonly session: Session;
  readonly dictionary: Dictionary;
  /** Rejects with a refusal when the database does not answer. */
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const usualConnections = 10;
const usualTransactionTimeoutMs = 5_000;

const inOrder =
  (line: SharedLine): Send =>
  async (commands) => {
    const results = await Promise.all(commands.map((command) => line.ask(command)));
    return results.at(-1) ?? [];
  };

async function refused<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asRefusal(error);
  }
}

/** Throws SchemaError for a database that it must not touch. */
export async function openSession(options: SessionOptions): Promise<PostgresSession> {
  const { url, patience = usualPatience } = options;
  await migratePostgres(url);
  const ask = preparedTexts();
  // What it writes is names and their numbers, which the log holds before the commit of whatever refers to them.
  const looking = sharedLine({ url, patience, settings: ['synchronous_commit=off'] }, ask);
  const appending = sharedLine({ url, patience }, ask);
  const numbers = createNumbers((command) => looking.ask(command));
  const transactions = createTransactions({
    url,
    patience,
    ask,
    numbers,
    connections: options.connections ?? usualConnections,
    transactionTimeoutMs: options.transactionTimeoutMs ?? usualTransactionTimeoutMs,
  });
  const append = groupedAppends((command: Command) => appending.ask(command), numbers);

  return {
    session: {
      read: (work) => refused(transactions.read(work)),
      lookUp: (work) => refused(replay(work, inOrder(looking), numbers)),
      write: (work) => refused(transactions.write((inner) => inner.write(work))),
      append: (work) => refused(append(work)),
      transaction: (work) => refused(transactions.write(work)),
    },
    dictionary: numbers.dictionary,
    async check() {
      await refused(looking.ask({ sql: 'SELECT 1', values: [] }));
    },
    async close() {
      await transactions.close();
      await Promise.all([looking.close(), appending.close()]);
    },
  };
}
