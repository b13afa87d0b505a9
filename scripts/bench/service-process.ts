// Starts and stops the processes that the bench measures, as `npm start` would, and reads what they take of the machine.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { freePort } from '../free-port.ts';

export interface ServiceProcess {
  readonly baseUrl: string;
  /** Milliseconds from spawn to the first good answer of the readiness address. */
  readonly readyMs: number;
  /** Where its inspector answers, when it was started with one. */
  readonly inspectorUrl?: string;
  /** Resident set size in MB, read from the operating system. */
  residentMb(): number;
  /** Open files and sockets; undefined where the operating system does not list them in /proc. */
  handles(): number | undefined;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

const main = 'dist/main.js';

/** The flags of npm start, so that what is measured is what runs. */
function startFlags(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { start: string } };
  const words = scripts.start.split(' ');
  return words.slice(words.indexOf('node') + 1).filter((word) => word.startsWith('--'));
}

/** The service on the database that the environment names. */
export async function startService(env: Environment, flags: readonly string[] = []): Promise<ServiceProcess> {
  const port = await freePort();
  return startProcess([...startFlags(), ...flags, main], port, '/readyz', {
    // What is measured is what clients ask for.
    JOBS: 'off',
    ...env,
    PORT: String(port),
    HOST: '127.0.0.1',
  });
}

/** The same, with its inspector: a little slower. */
export async function startInspectedService(env: Environment): Promise<ServiceProcess> {
  const address = `127.0.0.1:${await freePort()}`;
  const service = await startService(env, [`--inspect=${address}`]);
  return { ...service, inspectorUrl: `http://${address}` };
}

/** Express 5 and nothing else. */
export async function startBareExpress(): Promise<ServiceProcess> {
  const port = await freePort();
  return startProcess(['scripts/bench/bare-express.ts', String(port)], port, '/observation');
}

/** Runs a command of the service to its end and returns what it printed. */
export function runCommand(env: Environment, ...words: readonly string[]): string {
  const run = spawnSync(process.execPath, [...startFlags(), main, ...words], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`${words.join(' ')} failed: ${run.stderr}`);
  return run.stdout.trim();
}

/** Runs `node <args>` and waits until `readyPath` answers 200. */
async function startProcess(
  args: readonly string[],
  port: number,
  readyPath: string,
  env: Environment = {},
): Promise<ServiceProcess> {
  const started = performance.now();
  const child = spawn(process.execPath, [...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const baseUrl = `http://127.0.0.1:${port}`;
  await untilReady(child, `${baseUrl}${readyPath}`);
  const readyMs = performance.now() - started;
  return {
    baseUrl,
    readyMs,
    residentMb: () => residentMbOf(child.pid ?? 0),
    handles: () => handlesOf(child.pid ?? 0),
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  for (let attempt = 0; attempt < 6_000; attempt += 1) {
    if (child.exitCode !== null)
      throw new Error(`the process ended with ${child.exitCode} before it was ready`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${url} did not answer within 60 s`);
}

/** What the operating system says in /proc, which costs the bench nothing; undefined where there is no such thing. */
function fromProc<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT')
      return undefined;
    throw error;
  }
}

function residentMbOf(pid: number): number {
  const kilobytes = fromProc(() => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  if (kilobytes !== undefined) return Number(kilobytes) / 1024;
  const ps = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(ps.stdout.trim()) / 1024;
}

function handlesOf(pid: number): number | undefined {
  return fromProc(() => readdirSync(`/proc/${pid}/fd`).length);
}
