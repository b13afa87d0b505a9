// Opens a PostgreSQL database for operations: brings its schema up to date and gives each kind of operation its connection.
import { endedOrAfter } from '../../runtime/pause.ts';
import type { Dictionary } from '../sql/dictionary.ts';
import type { Session } from '../sql/session.ts';
import type { Command, Send } from './command.ts';
import { type ConnectionOptions, type Patience, usualPatience } from './connection.ts';
import { asRefusal, isWorthReconnecting } from './failures.ts';
import { groupedAppends } from './grouped-appends.ts';
import { looksAlive } from './looks-alive.ts';
import { migratePostgres } from './migrate.ts';
import { createNumbers } from './numbers.ts';
import { preparedTexts } from './prepared-texts.ts';
import { createPulse } from './pulse.ts';
import { replay } from './replay.ts';
import { type SharedLine, sharedLine } from './shared-line.ts';
import { createSockets } from './sockets.ts';
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

/** How long what runs may take to end when the store is closed, and then the goodbyes: together far below SHUTDOWN_TIMEOUT_MS. */
const closingMs = 3_000;
const goodbyeMs = 500;

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

/** Begun again from the start when the connection went away under it: for what may be done twice. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isWorthReconnecting(error)) throw error;
    return work();
  }
}

/** Throws SchemaError for a database that it must not touch. */
export async function openSession(options: SessionOptions): Promise<PostgresSession> {
  const { url, patience = usualPatience } = options;
  await migratePostgres(url, { connectMs: patience.connectMs });
  const sockets = createSockets();
  const connection: ConnectionOptions = { url, patience, socket: () => sockets.open() };
  const pulse = createPulse(() => looksAlive(connection));
  const ask = pulse.watching(preparedTexts());
  const onLoss = () => numbers.forget();
  // What it writes is names and their numbers, which the log holds before the commit of whatever refers to them.
  const settings = ['synchronous_commit=off'];
  const looking = sharedLine({ ...connection, settings, ask, pulse, onLoss });
  const appending = sharedLine({ ...connection, ask, pulse, onLoss });
  const numbers = createNumbers((command) => looking.ask(command));
  const transactions = createTransactions({
    ...connection,
    ask,
    pulse,
    onLoss,
    numbers,
    connections: options.connections ?? usualConnections,
    transactionTimeoutMs: options.transactionTimeoutMs ?? usualTransactionTimeoutMs,
  });
  const append = groupedAppends((command: Command) => appending.ask(command), numbers);

  return {
    session: {
      read: (work) => refused(again(() => transactions.read(work))),
      lookUp: (work) => refused(again(() => replay(work, inOrder(looking), numbers))),
      write: (work) => refused(transactions.write((inner) => inner.write(work))),
      // A row that is there twice is better than none.
      append: (work) => refused(again(() => append(work))),
      transaction: (work) => refused(transactions.write(work)),
    },
    dictionary: numbers.dictionary,
    async check() {
      await refused(again(() => looking.ask({ sql: 'SELECT 1', values: [] })));
    },
    async close() {
      const ended = Promise.all([transactions.close(), looking.close(), appending.close()]);
      await endedOrAfter(pulse.answers() ? closingMs : 0, ended);
      pulse.close();
      await sockets.end(goodbyeMs);
    },
  };
}
