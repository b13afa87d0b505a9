// The service as a process of its own on a database that outlives it, for tests that kill it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { compileCache } from './compile-cache.ts';
import { environmentFor } from './test-database.ts';

export interface ChildService {
  /** The FHIR base. */
  readonly base: string;
  /** Ends it as a power cut would end the process: nothing is written any more. */
  kill(): Promise<void>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  isRunning(): boolean;
  /** The lines of its log so far. */
  said(): readonly LogLine[];
}

interface LogLine {
  readonly level: string;
  readonly message: string;
}

const environment = async (
  dataDir: string,
  databaseUrl?: string,
  more: Readonly<Record<string, string>> = {},
) => ({
  ...(databaseUrl === undefined ? await environmentFor(dataDir) : { DATABASE_URL: databaseUrl }),
  ...compileCache,
  PORT: '0',
  HOST: '127.0.0.1',
  // What a test counts is what it asked for.
  JOBS: 'off',
  ...more,
});

/** The Authorization header of a new system token. */
export async function systemBearer(dataDir: string, databaseUrl?: string): Promise<string> {
  const token = execFileSync(process.execPath, ['src/main.ts', 'token', 'create', '--role', 'system'], {
    env: await environment(dataDir, databaseUrl),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return `Bearer ${token.trim()}`;
}

/** Resolves when it takes requests. */
export async function startChild(
  dataDir: string,
  databaseUrl?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ChildService> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: await environment(dataDir, databaseUrl, more),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const url = await urlOf(child, ended);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await ended;
    return code;
  };
  return {
    base: `${url}/fhir`,
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
    said: () =>
      text
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as LogLine),
    isRunning: () => child.exitCode === null && child.signalCode === null,
  };
}

function urlOf(child: ChildProcess, ended: Promise<unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const url = /"message":"ready","url":"([^"]+)"/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
    void ended.then(() => reject(new Error(`the service ended before it was ready: ${said}`)));
  });
}
