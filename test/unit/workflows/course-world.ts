// One invented patient with a GP and two therapists on an in-memory store with the real content, for the tests of referral and course.
import { readFileSync } from 'node:fs';
import type { OperationOutcome, Parameters, Resource, ResourceType } from '@medplum/fhirtypes';
import type { Actor } from '../../../src/auth/actor.ts';
import { baseDefinitions } from '../../../src/content/base-definitions.ts';
import { loadCatalogue } from '../../../src/content/load-catalogue.ts';
import { createPatientCompartment } from '../../../src/fhir/compartment.ts';
import { FhirError, outcomeOf } from '../../../src/fhir/error.ts';
import { parseSearch } from '../../../src/fhir/search/parse-search.ts';
import type { SearchParameterDefinition } from '../../../src/fhir/search/search-parameter.ts';
import { createSearchRegistry } from '../../../src/fhir/search/search-registry.ts';
import { createValidator } from '../../../src/fhir/validation/create-validator.ts';
import type { Validator } from '../../../src/fhir/validator.ts';
import type { Operation, OperationResult } from '../../../src/rest/operation.ts';
import { readSearch } from '../../../src/rest/read-search.ts';
import type { QueryPairs } from '../../../src/rest/rest-system.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { expressionEngine } from '../../../src/runtime/expression-engine.ts';
import type { JobRuns } from '../../../src/runtime/job-runs.ts';
import { wallClock } from '../../../src/runtime/wall-clock.ts';
import { accessFor } from '../../../src/store/access-for.ts';
import { sqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/store/store.ts';
import type { WorkflowContext } from '../../../src/workflows/context.ts';
import { findResources } from '../../../src/workflows/resources/find-resources.ts';
import { publishedContents } from '../../support/published-content.ts';

const profiles = new URL('../../../fhir-profiles/', import.meta.url);
const baseFolder = new URL('base/', profiles);
const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, baseFolder), 'utf8'));

const catalogue = loadCatalogue(profiles.pathname);
const base = baseDefinitions(baseFolder.pathname);
const registry = createSearchRegistry(json('search-parameters.json') as SearchParameterDefinition[]);
const compartmentRows = json('patient-compartment.json') as { code: string; param: string[] }[];
const compartment = createPatientCompartment(
  registry,
  Object.fromEntries(compartmentRows.map(({ code, param }) => [code, param])),
);
export const validator: Validator = createValidator({
  definition: (name) => base.definition(name),
  valueSet: (url) => base.requiredCodes(url),
  profiles: catalogue.published().filter((resource) => resource.resourceType === 'StructureDefinition'),
});

const actors = {
  gp: { role: 'gp', subject: 'Practitioner/gp', scopes: [], tokenId: 'gp' },
  therapist: { role: 'therapist', subject: 'Practitioner/therapist', scopes: [], tokenId: 'therapist' },
  otherTherapist: {
    role: 'therapist',
    subject: 'Practitioner/other-therapist',
    scopes: [],
    tokenId: 'other',
  },
  patient: { role: 'patient', subject: 'Patient/anna', scopes: [], tokenId: 'anna' },
  system: { role: 'system', scopes: [], tokenId: 'system' },
} as const satisfies Record<string, Actor>;

export type ActorName = keyof typeof actors;

export interface CourseWorld {
  /** Sees everything. */
  readonly store: Store;
  readonly jobRuns: JobRuns;
  readonly clock: Clock;
  /** The same patient as the actor sees it, through access and audit. */
  contextOf(actor: ActorName): WorkflowContext;
  contextFor(actor: Actor, requestId: string): WorkflowContext;
  call(
    operation: Operation,
    actor: ActorName,
    id: string,
    parameters: Parameters['parameter'],
    idempotencyKey?: string,
    ifMatch?: string,
  ): Promise<OperationResult>;
  all<K extends ResourceType>(type: K): Promise<readonly Extract<Resource, { resourceType: K }>[]>;
  /** Moves the clock to this instant; it advances by a second with each reading. */
  setClock(instant: string): void;
  close(): Promise<void>;
}

const people: readonly (Resource & { id: string })[] = [
  { resourceType: 'Practitioner', id: 'gp', name: [{ text: 'Invented GP' }] },
  { resourceType: 'Practitioner', id: 'therapist', name: [{ text: 'Invented therapist' }] },
  { resourceType: 'Practitioner', id: 'other-therapist', name: [{ text: 'Another invented therapist' }] },
  { resourceType: 'Patient', id: 'anna', generalPractitioner: [{ reference: 'Practitioner/gp' }] },
  { resourceType: 'Patient', id: 'bert', generalPractitioner: [{ reference: 'Practitioner/gp' }] },
];

const wall = wallClock('Europe/Amsterdam');

/** Started when something first asks for it, which no course does. */
const expressions = expressionEngine();

const reading = {
  resourceTypes: [],
  parseSearch: (type: ResourceType, pairs: QueryPairs) => parseSearch(type, pairs, { registry }),
};

export async function courseWorld(options: { readonly hasScore?: boolean } = {}): Promise<CourseWorld> {
  let now = Date.parse('2026-11-20T09:00:00.000Z');
  let count = 0;
  const clock = {
    now: () => {
      now += 1000;
      return new Date(now);
    },
  };
  const newId = () => {
    count += 1;
    return `id-${String(count).padStart(4, '0')}`;
  };
  const sqlite = sqliteStore({ path: publishedContents(), clock, newId, registry, compartment });
  const { store } = sqlite;
  const contextOf = (name: ActorName): WorkflowContext => contextFor(actors[name], 'request');
  const contextFor = (actor: Actor, requestId: string): WorkflowContext => {
    const access = accessFor(
      store,
      { actor, requestId, clock },
      { patientsOf: (resource) => compartment.patientsOf(resource) },
    );
    return {
      ...access,
      catalogue,
      validator,
      clock,
      wall,
      newId,
      actor,
      expressions,
      readSearch: (text) => readSearch(reading, text),
    };
  };
  for (const person of people) {
    await store.create(person, { id: person.id });
  }
  if (options.hasScore !== false) {
    await store.create(phq15('anna', 14, '2026-11-10T09:00:00Z'), { id: 'phq15-at-start' });
  }
  return {
    store,
    jobRuns: sqlite.jobRuns,
    clock,
    contextOf,
    contextFor,
    call: (operation, actor, id, parameter, idempotencyKey, ifMatch) =>
      operation.handle({
        context: contextOf(actor),
        id,
        parameters: { resourceType: 'Parameters', parameter },
        ...(idempotencyKey && { idempotencyKey }),
        ...(ifMatch && { ifMatch }),
      }),
    all: (type) => findResources(store, type, []),
    setClock: (instant) => {
      now = Date.parse(instant);
    },
    close: () => sqlite.close(),
  };
}

export function phq15(patient: string, value: number, at: string): Resource {
  return {
    resourceType: 'Observation',
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '70273-8' }] },
    subject: { reference: `Patient/${patient}` },
    effectiveDateTime: at,
    valueQuantity: { value, unit: '{score}', system: 'http://unitsofmeasure.org', code: '{score}' },
  };
}

/** The whole refusal of a call that must be refused. */
export async function refusalOf(
  work: Promise<unknown>,
): Promise<{ readonly status: number; readonly outcome: OperationOutcome }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FhirError) {
      return { status: error.status, outcome: outcomeOf(error) };
    }
    throw error;
  }
  throw new Error('the call was not refused');
}

/** The errors that the real validator finds in everything stored of these types. */
export async function errorsIn(
  world: CourseWorld,
  types: readonly ResourceType[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const type of types) {
    for (const resource of await world.all(type)) {
      for (const issue of validator.validate(resource)) {
        if (issue.severity === 'error' || issue.severity === 'fatal') {
          found.push(`${type}/${resource.id}: ${issue.expression?.join()} ${issue.diagnostics}`);
        }
      }
    }
  }
  return found;
}
