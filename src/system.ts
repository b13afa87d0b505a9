// The composition root: picks the adapters, reads the content, and builds the parts that the edges and workflows are given.
import { join, resolve } from 'node:path';
import type { Resource, ResourceType, StructureDefinition } from '@medplum/fhirtypes';
import type { Actor } from './auth/actor.ts';
import { everyType } from './auth/permits.ts';
import type { TokenStore } from './auth/token-store.ts';
import { baseDefinitions } from './content/base-definitions.ts';
import { codeHierarchy } from './content/code-hierarchy.ts';
import { contentCodes } from './content/content-codes.ts';
import { loadCatalogue } from './content/load-catalogue.ts';
import { parseSearch } from './fhir/search/parse-search.ts';
import { reverseIncludesOf, searchParametersOf } from './fhir/search/search-support.ts';
import type { SearchTerminology } from './fhir/search/search-terminology.ts';
import { createValidator } from './fhir/validation/create-validator.ts';
import type { RestSystem } from './rest/rest-system.ts';
import type { Clock } from './runtime/clock.ts';
import type { NewId } from './runtime/ids.ts';
import type { Log } from './runtime/log.ts';
import { accessFor } from './store/access-for.ts';
import { fullLogBytes } from './store/sqlite/open-database.ts';
import { readSearchParameters } from './store/sqlite/read-search-parameters.ts';
import { sqliteStore } from './store/sqlite/sqlite-store.ts';
import { openTokenStore } from './store/sqlite/token-store.ts';
import type { WorkflowContext } from './workflows/context.ts';
import { publishContent } from './workflows/publish-content.ts';

export interface SystemOptions {
  /** The folder of the database, or ":memory:". */
  readonly dataDir: string;
  /** Without "/fhir" and without a slash at the end. */
  readonly baseUrl?: string;
  readonly createOnUpdate: boolean;
  readonly version: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

export interface System extends RestSystem {
  readonly tokens: TokenStore;
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
const contentFolder = resolve(import.meta.dirname, '..', 'fhir-profiles');

function databasePath(dataDir: string): string {
  return dataDir === ':memory:' ? dataDir : join(dataDir, 'alongside.sqlite');
}

/** The tokens alone, for the command line. */
export function openTokens(dataDir: string, clock: Clock): TokenStore {
  return openTokenStore(databasePath(dataDir), clock);
}

/** Throws when the content is broken or the database cannot be used; a service like that must not start. */
export async function createSystem(options: SystemOptions): Promise<System> {
  const { clock, newId, log, baseUrl, dataDir } = options;
  const base = join(contentFolder, 'base');
  const definitions = baseDefinitions(base);
  const catalogue = loadCatalogue(contentFolder);
  const ourCodes = contentCodes(catalogue.published());
  const valueSet = (url: string) => definitions.requiredCodes(url) ?? ourCodes(url);
  const terminology: SearchTerminology = { codesOf: valueSet, related: codeHierarchy(catalogue.published()) };
  const validator = createValidator({
    definition: (name) => definitions.definition(name),
    valueSet,
    profiles: catalogue
      .published()
      .filter((resource): resource is StructureDefinition => resource.resourceType === 'StructureDefinition'),
  });
  const { registry, compartment } = readSearchParameters(base, baseUrl ? { baseUrl: `${baseUrl}/fhir` } : {});
  const path = databasePath(dataDir);
  const database = sqliteStore({
    path,
    clock,
    newId,
    registry,
    compartment,
    ...(dataDir !== ':memory:' && { logBytes: fullLogBytes }),
  });
  const { tokens } = database;
  const facts = {
    patientsOf: (resource: Resource) => compartment.patientsOf(resource),
    ...(baseUrl && { baseUrl: `${baseUrl}/fhir` }),
  };
  const contextFor = (actor: Actor, requestId: string): WorkflowContext => ({
    ...accessFor(database.store, { actor, requestId, clock }, facts),
    catalogue,
    validator,
    clock,
    newId,
    actor,
  });

  const written = await publishContent(contextFor(theService, 'start'));
  log.info('content published', { written, resources: catalogue.published().length });
  let takesRequests = true;

  return {
    validator,
    clock,
    newId,
    log,
    settings: {
      createOnUpdate: options.createOnUpdate,
      version: options.version,
      ...(baseUrl && { baseUrl }),
    },
    resourceTypes: servedTypes,
    isReady() {
      if (takesRequests) database.check();
      return takesRequests;
    },
    authenticate: (token) => tokens.authenticate(token),
    contextFor,
    parseSearch: (type, parameters) => parseSearch(type, parameters, { registry, terminology }),
    searchParameters: (type) => searchParametersOf(registry, type),
    reverseIncludes: (type) => reverseIncludesOf(registry, servedTypes, type),
    tokens,
    stopTakingRequests() {
      takesRequests = false;
    },
    close: () => database.close(),
  };
}
