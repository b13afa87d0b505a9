// The settings of the service: read from the environment once, checked, frozen. A wrong one is named with what it should be.
import { z } from 'zod';

/** By its name; an offset such as +01:00, which Intl takes too, knows no summer. */
function isTimeZone(name: string): boolean {
  try {
    return (
      /^[A-Z]/i.test(name) &&
      new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
    );
  } catch {
    return false;
  }
}

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  HOST: z.string().min(1).default('127.0.0.1'),
  /** Where the database lives; ":memory:" keeps nothing. */
  DATA_DIR: z.string().min(1).default('./data'),
  /** A PostgreSQL database, instead of the SQLite file in DATA_DIR. */
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be like postgres://user:password@host:5432/database' })
    .optional(),
  /** The address that clients use, for absolute links; that of each request when absent. */
  BASE_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** May a client choose the id of a new resource by PUT? */
  CREATE_ON_UPDATE: flag.default(true),
  /** Must a change of a clinical resource name the version that it is of, by If-Match? */
  REQUIRE_IF_MATCH: flag.default(false),
  /** How long requests in flight get to finish after SIGTERM. */
  SHUTDOWN_TIMEOUT_MS: z.coerce.number().int().min(0).max(60_000).default(10_000),
  /** Does this process carry scheduled jobs out? */
  JOBS: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  /** Where the organisation is: its days and times of day are those of this zone. */
  TIME_ZONE: z
    .string()
    .refine(isTimeZone, 'must be the name of a time zone, such as Europe/Amsterdam or America/New_York')
    .default('Europe/Amsterdam'),
});

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly baseUrl: string | undefined;
  readonly createOnUpdate: boolean;
  readonly requireIfMatch: boolean;
  readonly shutdownTimeoutMs: number;
  readonly runsJobs: boolean;
  readonly timeZone: string;
}

/** A setting that cannot be used. Its message lists each wrong name with what it should be. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** Reads the settings. An empty value counts as absent. Throws ConfigError. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = environment.safeParse(present);
  if (!result.success) {
    const lines = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(`Cannot start with these settings:\n  ${lines.join('\n  ')}`);
  }
  const settings = result.data;
  return Object.freeze({
    port: settings.PORT,
    host: settings.HOST,
    dataDir: settings.DATA_DIR,
    databaseUrl: settings.DATABASE_URL,
    baseUrl: settings.BASE_URL,
    createOnUpdate: settings.CREATE_ON_UPDATE,
    requireIfMatch: settings.REQUIRE_IF_MATCH,
    shutdownTimeoutMs: settings.SHUTDOWN_TIMEOUT_MS,
    runsJobs: settings.JOBS === 'on',
    timeZone: settings.TIME_ZONE,
  });
}
