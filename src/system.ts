// The composition root: picks the adapters, reads the content, and builds the parts that the edges and workflows are given.
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Resource, ResourceType, StructureDefinition } from '@medplum/fhirtypes';
import type { Actor } from './auth/actor.ts';
import { everyType } from './auth/permits.ts';
import type { TokenStore } from './auth/token-store.ts';
import { baseDefinitions } from './content/base-definitions.ts';
import { readLooseBindings } from './content/base-terminology.ts';
import { codeHierarchy } from './content/code-hierarchy.ts';
import { contentCodes } from './content/content-codes.ts';
import { contentSearchParameters } from './content/content-search-parameters.ts';
import { loadCatalogue } from './content/load-catalogue.ts';
import { resourceSubsets } from './fhir/resource-subset.ts';
import { parseSearch } from './fhir/search/parse-search.ts';
import { includesOf, reverseIncludesOf, searchParametersOf } from './fhir/search/search-support.ts';
import type { SearchTerminology } from './fhir/search/search-terminology.ts';
import { createValidator } from './fhir/validation/create-validator.ts';
import { readSearch } from './rest/read-search.ts';
import type { RestSystem } from './rest/rest-system.ts';
import type { Clock } from './runtime/clock.ts';
import { expressionEngine } from './runtime/expression-engine.ts';
import type { NewId } from './runtime/ids.ts';
import { inHand } from './runtime/in-hand.ts';
import { jobFiles } from './runtime/job-files.ts';
import type { JobRuns } from './runtime/job-runs.ts';
import type { Log } from './runtime/log.ts';
import { randomNames } from './runtime/secrets.ts';
import { type WallClock, wallClock } from './runtime/wall-clock.ts';
import { accessFor } from './store/access-for.ts';
import { type DatabaseAddress, postgresAddress, sqliteAddress } from './store/database-address.ts';
import type { Migrated } from './store/migration.ts';
import type { OpenedStore } from './store/opened-store.ts';
import { patiently } from './store/patiently.ts';
import { migratePostgres } from './store/postgres/migrate.ts';
import { openPostgresTokens, postgresStore } from './store/postgres/postgres-store.ts';
import { r4SearchParameters, readSearchParameters } from './store/read-search-parameters.ts';
import { DatabaseUnusable, SchemaError } from './store/schema-error.ts';
import { fullLogBytes, migrateSqlite } from './store/sqlite/open-database.ts';
import { openTokenStore } from './store/sqlite/open-token-store.ts';
import { sqliteStore } from './store/sqlite/sqlite-store.ts';
import type { WorkflowContext } from './workflows/context.ts';
import { exportRunner } from './workflows/exports/export-runner.ts';
import type { ExportTools } from './workflows/exports/export-tools.ts';
import { keepExportsGoing } from './workflows/exports/keep-exports-going.ts';
import { publishContent } from './workflows/publish-content.ts';

export interface SystemOptions {
  /** The folder of the database, or ":memory:". */
  readonly dataDir: string;
  /** A PostgreSQL database, instead of the one in the folder: postgres://user:password@host:port/database */
  readonly databaseUrl?: string;
  /** Without "/fhir" and without a slash at the end. */
  readonly baseUrl?: string;
  readonly createOnUpdate: boolean;
  readonly requireIfMatch: boolean;
  readonly version: string;
  readonly clock: Clock;
  /** Where the organisation is: "Europe/Amsterdam". */
  readonly timeZone: string;
  readonly newId: NewId;
  readonly log: Log;
  /** Where the content is read from; the service's own fhir-profiles/ unless said otherwise. */
  readonly contentFolder?: string;
  /** Does this process carry exports out? Not the command line, beside which the service may run. */
  readonly runsExports?: boolean;
  /** What a database in memory begins with: the bytes of a database file, into which nothing is written back. */
  readonly contents?: Buffer;
  /** How long an export waits for changes of other nodes that are still under way when it begins; 3 s unless said otherwise. */
  readonly exportSettleMs?: number;
}

export interface System extends RestSystem {
  readonly tokens: TokenStore;
  /** Which process carries which slot of a scheduled job out. */
  readonly jobRuns: JobRuns;
  readonly wall: WallClock;
  /** Readiness off: a load balancer sends nothing new. */
  stopTakingRequests(): void;
  /** Answers what is queued and closes the database. */
  close(): Promise<void>;
}

/** All of R4 but Parameters, which carries operations and has no address of its own. */
const servedTypes: readonly ResourceType[] = [...everyType]
  .filter((name): name is ResourceType => name !== 'Parameters')
  .sort();

/** What the service itself does, without a request: at start, and for the command line. */
const theService: Actor = { role: 'system', scopes: [], tokenId: 'service' };

/** The same folder from src/ and from dist/. */
const ownContent = resolve(import.meta.dirname, '..', 'fhir-profiles');

function databasePath(dataDir: string): string {
  return dataDir === ':memory:' ? dataDir : join(dataDir, 'alongside.sqlite');
}

/** Beside the database; without one, in a folder of the operating system that goes when the service stops. */
function exportFolder(dataDir: string): string {
  return dataDir === ':memory:'
    ? join(tmpdir(), `alongside-exports-${randomNames()}`)
    : join(dataDir, 'exports');
}

/** A node that carried an export out and fell silent is replaced after so long, and the few seconds until others look. */
const exportLeaseMs = 10 * 1000;
/**
 * On PostgreSQL. What does not reach its table within `usualPatience.silenceMs` of its instant is given up; the rest is for clocks of
 * nodes that do not agree.
 */
const usualSettleMs = 3 * 1000;

/** Several nodes that start on a new database publish at the same moment: those that come in the way of the first try again. */
const publishing = { withinMs: 60 * 1000, pauseMs: 1000 };

type Database = Pick<SystemOptions, 'dataDir'> & { readonly databaseUrl?: string | undefined };

export function databaseOf({ dataDir, databaseUrl }: Database): DatabaseAddress {
  return databaseUrl === undefined ? sqliteAddress(databasePath(dataDir)) : postgresAddress(databaseUrl);
}

/** What resources are found by. An absolute reference under the address of the service is one to its own. */
export function searchParts(
  baseUrl: string | undefined,
  contentFolder = ownContent,
  catalogue = loadCatalogue(contentFolder),
): ReturnType<typeof readSearchParameters> {
  const base = join(contentFolder, 'base');
  return readSearchParameters(base, {
    ...(baseUrl !== undefined && { baseUrl: `${baseUrl}/fhir` }),
    besides: contentSearchParameters(catalogue.published(), r4SearchParameters(base)),
  });
}

/** Brings the schema up to date and does nothing else, for the command line. */
export async function migrateDatabase(database: DatabaseAddress): Promise<Migrated> {
  return database.kind === 'sqlite' ? migrateSqlite(database.path) : migratePostgres(database.url);
}

/** Throws DatabaseUnusable; SchemaError, which says what to do, as it is. */
async function opened<T>(database: DatabaseAddress, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw error instanceof SchemaError ? error : new DatabaseUnusable(database, error);
  }
}

/** The tokens alone, for the command line. */
export function openTokens(at: Database, clock: Clock): Promise<TokenStore> {
  const database = databaseOf(at);
  return opened(database, () =>
    database.kind === 'sqlite'
      ? openTokenStore(database.path, clock)
      : openPostgresTokens(database.url, clock),
  );
}

function openStore(
  { clock, newId, contents, ...at }: Database & Pick<SystemOptions, 'clock' | 'newId' | 'contents'>,
  search: ReturnType<typeof readSearchParameters>,
): Promise<OpenedStore> {
  const database = databaseOf(at);
  const given = { clock, newId, ...search };
  return opened(database, () =>
    database.kind === 'sqlite'
      ? sqliteStore({
          ...given,
          path: at.dataDir === ':memory:' ? (contents ?? database.path) : database.path,
          ...(at.dataDir !== ':memory:' && { logBytes: fullLogBytes }),
        })
      : postgresStore({ ...given, url: database.url }),
  );
}

/** Indexes everything anew, for the command line: after the service got another address. The schema is brought up to date first. */
export async function indexAnew(
  options: Database & Pick<SystemOptions, 'clock' | 'newId'> & { readonly baseUrl?: string | undefined },
  onReindexed: (type: string, resources: number) => void,
): Promise<void> {
  const database = await openStore(options, searchParts(options.baseUrl));
  try {
    await database.bringIndexUpToDate(onReindexed, 'everything');
  } finally {
    await database.close();
  }
}

/** Throws when the content is broken or the database cannot be used; a service like that must not start. */
export async function createSystem(options: SystemOptions): Promise<System> {
  const { clock, newId, log, baseUrl, dataDir, contentFolder = ownContent } = options;
  const wall = wallClock(options.timeZone);
  const base = join(contentFolder, 'base');
  const definitions = baseDefinitions(base);
  const catalogue = loadCatalogue(contentFolder);
  const ourCodes = contentCodes(catalogue.published());
  const valueSet = (url: string) => definitions.requiredCodes(url) ?? ourCodes(url);
  const terminology: SearchTerminology = { codesOf: valueSet, related: codeHierarchy(catalogue.published()) };
  const validator = createValidator({
    definition: (name) => definitions.definition(name),
    valueSet,
    looseBindings: () => readLooseBindings(base),
    profiles: catalogue
      .published()
      .filter((resource): resource is StructureDefinition => resource.resourceType === 'StructureDefinition'),
  });
  const { registry, compartment } = searchParts(baseUrl, contentFolder, catalogue);
  const database = await openStore(options, { registry, compartment });
  await database.bringIndexUpToDate((type, resources) => log.info('indexed anew', { type, resources }));
  const { tokens } = database;
  const expressions = expressionEngine();
  const facts = {
    patientsOf: (resource: Resource) => compartment.patientsOf(resource),
    ...(baseUrl && { baseUrl: `${baseUrl}/fhir` }),
  };
  const reading: Pick<RestSystem, 'parseSearch' | 'resourceTypes'> = {
    resourceTypes: servedTypes,
    parseSearch: (type, parameters, base) =>
      parseSearch(type, parameters, { registry, terminology, ...(base !== undefined && { baseUrl: base }) }),
  };
  const contextFor = (actor: Actor, requestId: string): WorkflowContext => ({
    ...accessFor(database.store, { actor, requestId, clock }, facts),
    catalogue,
    validator,
    clock,
    wall,
    newId,
    actor,
    expressions,
    readSearch: (text) => readSearch(reading, text),
  });

  const written = await patiently(publishing, () => publishContent(contextFor(theService, 'start')));
  log.info('content published', { written, resources: catalogue.published().length });
  const types = { served: servedTypes, isInRecords: (type: string) => compartment.holds(type) };
  const { exportFiles } = database;
  const files = exportFiles ?? jobFiles(exportFolder(dataDir));
  const tools: ExportTools = {
    jobs: database.exports,
    files,
    types,
    clock,
    log,
    newName: randomNames,
    owner: randomNames(),
    leaseMs: exportLeaseMs,
    settleMs: exportFiles === undefined ? 0 : (options.exportSettleMs ?? usualSettleMs),
    isAlone: exportFiles === undefined,
  };
  const runner = exportRunner(tools);
  const leaveExports = options.runsExports === false ? undefined : await keepExportsGoing(runner, log);
  let takesRequests = true;

  return {
    validator,
    subsets: resourceSubsets(definitions),
    clock,
    wall,
    newId,
    log,
    settings: {
      createOnUpdate: options.createOnUpdate,
      requireIfMatch: options.requireIfMatch,
      version: options.version,
      ...(baseUrl && { baseUrl }),
    },
    ...reading,
    async isReady() {
      if (!takesRequests) return false;
      return database.check().then(
        () => true,
        () => false,
      );
    },
    requests: inHand(),
    authenticate: (token) => tokens.authenticate(token),
    contextFor,
    exports: { tools, runner },
    searchParameters: (type) => searchParametersOf(registry, type),
    includes: (type) => includesOf(registry, type),
    reverseIncludes: (type) => reverseIncludesOf(registry, servedTypes, type),
    tokens,
    jobRuns: database.jobRuns,
    stopTakingRequests() {
      takesRequests = false;
    },
    async close() {
      leaveExports?.();
      await runner.stop();
      await expressions.close();
      await database.close();
      if (exportFiles === undefined && dataDir === ':memory:') await files.removeAll();
    },
  };
}
