// The two databases that the bench measures: SQLite in a file of a folder, and a PostgreSQL of the bench's own with its default settings.
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../postgres/local-server.ts';

export const databaseKinds = ['sqlite', 'postgres'] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

export const displayNames: Readonly<Record<DatabaseKind, string>> = {
  sqlite: 'SQLite',
  postgres: 'PostgreSQL',
};

export interface BenchDatabase {
  readonly kind: DatabaseKind;
  /** As it is named on the command line. */
  readonly address: string;
  /** The settings by which the service finds it. */
  readonly env: Readonly<Record<string, string>>;
  /** On disk, without the write-ahead log. */
  sizeBytes(): Promise<number>;
  /** The write-ahead log; PostgreSQL's is of the whole server. */
  logBytes(): Promise<number>;
  /** How many connections the service has to it; undefined where there are none. */
  connections(): Promise<number | undefined>;
  /** Puts an end to what follows a load, as time would: the planner's statistics, vacuum, the log written back. */
  settle(): Promise<void>;
}

export interface BenchDatabases {
  /** The database with this name; an empty one when there is none. */
  open(kind: DatabaseKind, name: string): Promise<BenchDatabase>;
  stop(): Promise<void>;
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function sqlite(folder: string): BenchDatabase {
  const file = join(folder, 'alongside.sqlite');
  return {
    kind: 'sqlite',
    address: `sqlite:${file}`,
    env: { DATA_DIR: folder },
    sizeBytes: () => Promise.resolve(sizeOf(file)),
    logBytes: () => Promise.resolve(sizeOf(`${file}-wal`)),
    connections: () => Promise.resolve(undefined),
    // The last connection that is closed writes the log back.
    settle: () => Promise.resolve(),
  };
}

function postgres(folder: string, url: string): BenchDatabase {
  const ask = async (sql: string): Promise<number> => {
    const client = new pg.Client({ connectionString: url, application_name: 'bench' });
    await client.connect();
    try {
      const { rows } = await client.query<{ number: string }>(sql);
      return Number(rows[0]?.number ?? 0);
    } finally {
      await client.end();
    }
  };
  return {
    kind: 'postgres',
    address: url,
    env: { DATA_DIR: folder, DATABASE_URL: url },
    sizeBytes: () => ask('SELECT pg_database_size(current_database()) AS number'),
    logBytes: () => ask('SELECT coalesce(sum(size), 0) AS number FROM pg_ls_waldir()'),
    connections: () =>
      ask(`SELECT count(*) AS number FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'alongside'`),
    async settle() {
      await ask('VACUUM (ANALYZE)');
      await ask('CHECKPOINT');
    },
  };
}

/** All of them lie in the folder. PostgreSQL is started when it is first asked for. */
export function benchDatabases(folder: string): BenchDatabases {
  let server: ReturnType<typeof startPostgres> | undefined;
  mkdirSync(folder, { recursive: true });
  // PostgreSQL may run under another user (postgres/binaries.ts), who has to get through to its own folder.
  chmodSync(folder, 0o755);
  const running = () => {
    server ??= startPostgres([], join(folder, 'postgres-server'));
    return server;
  };
  const nameInServer = (name: string) => name.replaceAll('-', '_');
  return {
    async open(kind, name) {
      const own = join(folder, kind, name);
      mkdirSync(own, { recursive: true });
      if (kind === 'sqlite') return sqlite(own);
      return postgres(own, await (await running()).database(nameInServer(name)));
    },
    async stop() {
      // That it did not start was told to whoever opened a database of it.
      const started = await server?.catch(() => undefined);
      await started?.stop();
    },
  };
}
