#!/usr/bin/env node
// The process and its command line. The only file that has side effects when it is imported.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from './app.ts';
import { lastWords } from './command-line/last-words.ts';
import { runCopyCommand } from './command-line/run-copy-command.ts';
import { runImportCommand } from './command-line/run-import-command.ts';
import { runJobsCommand } from './command-line/run-jobs-command.ts';
import { runMigrateCommand } from './command-line/run-migrate-command.ts';
import { runTokenCommand } from './command-line/run-token-command.ts';
import { type Config, readConfig } from './config.ts';
import { prepareDemo } from './demo/prepare-demo.ts';
import type { JobTools } from './jobs/carry-out.ts';
import { jobRunner, startTicking } from './jobs/runner.ts';
import { schedule } from './jobs/schedule.ts';
import { systemClock } from './runtime/clock.ts';
import { timeOrderedIds } from './runtime/ids.ts';
import { listen } from './runtime/listen.ts';
import { jsonLog } from './runtime/log.ts';
import { randomNames, randomSecrets } from './runtime/secrets.ts';
import {
  createSystem,
  databaseOf,
  indexAnew,
  migrateDatabase,
  openTokens,
  type System,
  searchParts,
} from './system.ts';

const usage = `Usage: alongside [command]

  (none)     serve FHIR on HOST:PORT with the database in DATA_DIR or at DATABASE_URL
  demo       the same with invented people, on a database of its own; plays and prints the story
  token ...  create, list and revoke bearer tokens; "token --help" tells more
  import ... store NDJSON files; "import --help" tells more
  copy ...   copy a database into another, SQLite or PostgreSQL; "copy --help" tells more
  jobs ...   list the scheduled jobs, or run one now; "jobs --help" tells more
  migrate    bring the database to the schema of this version, before it starts
  --help     this text

Settings come from the environment: PORT, HOST, DATA_DIR, DATABASE_URL, BASE_URL, CREATE_ON_UPDATE,
REQUIRE_IF_MATCH, SHUTDOWN_TIMEOUT_MS, JOBS, TIME_ZONE.
`;

const say = (text: string) => process.stdout.write(text);
const log = jsonLog(
  (line) => process.stderr.write(line),
  () => systemClock.now(),
);

function version(): string {
  const file: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'));
  return typeof file === 'object' && file !== null && 'version' in file ? String(file.version) : 'unknown';
}

function openSystem(config: Config, options: { readonly runsExports?: boolean } = {}): Promise<System> {
  return createSystem({
    ...options,
    dataDir: config.dataDir,
    ...(config.databaseUrl !== undefined && { databaseUrl: config.databaseUrl }),
    createOnUpdate: config.createOnUpdate,
    requireIfMatch: config.requireIfMatch,
    version: version(),
    clock: systemClock,
    timeZone: config.timeZone,
    newId: timeOrderedIds(systemClock),
    log,
    ...(config.baseUrl !== undefined && { baseUrl: config.baseUrl }),
  });
}

/** A node that carried a slot out and fell silent is replaced after so long. */
const jobLeaseMs = 60 * 1000;

function jobTools(system: System): JobTools {
  return {
    runs: system.jobRuns,
    contextFor: (actor, requestId) => system.contextFor(actor, requestId),
    clock: systemClock,
    wall: system.wall,
    log,
    owner: randomNames(),
    leaseMs: jobLeaseMs,
  };
}

/** Starts the service; the process then lives until it is told to stop. */
async function serve(config: Config): Promise<{ readonly system: System; readonly url: string }> {
  const system = await openSystem(config);
  const listening = await listen(createApp(system), config.port, config.host);
  const leaveJobs = config.runsJobs
    ? startTicking(jobRunner(jobTools(system), schedule))
    : () => Promise.resolve();

  let stopping = false;
  const stop = async (signal: string) => {
    // A second signal means now.
    if (stopping) process.exit(1);
    stopping = true;
    log.info('stopping', { signal });
    system.stopTakingRequests();
    const untilMs = performance.now() + config.shutdownTimeoutMs;
    await Promise.all([listening.stop(config.shutdownTimeoutMs), leaveJobs()]);
    // Of those who have hung up too.
    const left = await system.requests.ended(Math.max(0, untilMs - performance.now()));
    if (left > 0) log.info('requests are cut off', { left });
    await system.close();
    log.info('stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop(signal).catch(fail);
    });
  }
  // Said last: whoever reads it may send a signal at once.
  log.info('ready', { url: listening.url });
  return { system, url: listening.url };
}

async function token(words: readonly string[]): Promise<void> {
  const { dataDir, databaseUrl } = readConfig(process.env);
  const tokens = await openTokens(
    { dataDir, ...(databaseUrl !== undefined && { databaseUrl }) },
    systemClock,
  );
  try {
    const answer = await runTokenCommand(words, {
      tokens,
      clock: systemClock,
      newId: timeOrderedIds(systemClock),
      newSecret: randomSecrets,
    });
    say(answer.stdout);
    process.stderr.write(answer.stderr);
    process.exitCode = answer.exitCode;
  } finally {
    await tokens.close();
  }
}

/** The first SIGINT or SIGTERM ends it after what is being stored, a second one now; either way it can be gone on with. */
async function copy(words: readonly string[]): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  process.exitCode = await runCopyCommand(words, {
    search: searchParts(readConfig(process.env).baseUrl),
    clock: systemClock,
    isTerminal: process.stderr.isTTY,
    say: (text) => process.stderr.write(text),
    signal: stop.signal,
  });
}

/** The first SIGINT or SIGTERM ends it after the person at hand, a second one now. */
async function jobs(words: readonly string[]): Promise<void> {
  const config = readConfig(process.env);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  process.exitCode = await runJobsCommand(words, {
    jobs: schedule,
    async openTools() {
      const system = await openSystem(config, { runsExports: false });
      return { tools: jobTools(system), close: () => system.close() };
    },
    isTerminal: process.stderr.isTTY,
    say: (text) => process.stderr.write(text),
    signal: stop.signal,
  });
}

async function main([command, ...rest]: readonly string[]): Promise<void> {
  switch (command) {
    case undefined:
      await serve(readConfig(process.env));
      return;
    case 'demo': {
      const config = readConfig(process.env);
      const demo = prepareDemo(config.dataDir);
      const { system, url } = await serve({
        ...config,
        dataDir: demo.dataDir,
        databaseUrl: undefined,
        // The story is told by its people alone.
        runsJobs: false,
      });
      await demo.play(url, system.tokens, say);
      return;
    }
    case 'token':
      return token(rest);
    case 'import': {
      const config = readConfig(process.env);
      process.exitCode = await runImportCommand(rest, {
        database: databaseOf(config),
        openSystem: () => openSystem(config, { runsExports: false }),
        clock: systemClock,
        isTerminal: process.stderr.isTTY,
        say: (text) => process.stderr.write(text),
      });
      return;
    }
    case 'copy':
      return copy(rest);
    case 'jobs':
      return jobs(rest);
    case 'migrate': {
      const config = readConfig(process.env);
      const database = databaseOf(config);
      process.exitCode = await runMigrateCommand(rest, {
        database,
        migrate: () => migrateDatabase(database),
        indexAnew: (onReindexed) =>
          indexAnew({ ...config, clock: systemClock, newId: timeOrderedIds(systemClock) }, onReindexed),
        say: (text) => process.stderr.write(text),
      });
      return;
    }
    case 'help':
    case '--help':
    case '-h':
      say(usage);
      return;
    case '--version':
      say(`${version()}\n`);
      return;
    default:
      process.stderr.write(`"${command}" is not known.\n\n${usage}`);
      process.exitCode = 2;
  }
}

function fail(error: unknown): void {
  process.stderr.write(`${lastWords(error)}\n`);
  process.exit(1);
}

main(process.argv.slice(2)).catch(fail);
