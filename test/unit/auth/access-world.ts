// A world of three invented patients with a canary string in a resource of every R4 type, for the tests of access.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Patient, Resource, ResourceType, ServiceRequest } from '@medplum/fhirtypes';
import type { Actor } from '../../../src/auth/actor.ts';
import { closedTypes, openTypes, recordTypes } from '../../../src/auth/permit-table.ts';
import type { SearchQuery } from '../../../src/fhir/search-query.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { type Access, accessFor } from '../../../src/store/access-for.ts';
import type { OpenedStore } from '../../../src/store/opened-store.ts';
import { readSearchParameters } from '../../../src/store/read-search-parameters.ts';
import { sqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { AuditEntry, Store } from '../../../src/store/store.ts';
import type { PatientFacts } from '../../../src/store/write-checks.ts';

const base = new URL('../../../fhir-profiles/base/', import.meta.url);

export const people = ['a', 'b', 'c'] as const;
export type Person = (typeof people)[number];

export const personalTypes = [...(Object.keys(recordTypes) as ResourceType[]), ...closedTypes];
export const allTypes: readonly ResourceType[] = [...openTypes, ...personalTypes];

/** Person a is tied to gp-1 and therapist-1, b to gp-2, c to nobody. */
export const actors = {
  gp: { role: 'gp', subject: 'Practitioner/gp-1', scopes: [], tokenId: 'token-gp' },
  therapist: {
    role: 'therapist',
    subject: 'Practitioner/therapist-1',
    scopes: [],
    tokenId: 'token-therapist',
  },
  patient: { role: 'patient', subject: 'Patient/person-a', scopes: [], tokenId: 'token-patient' },
  manager: { role: 'manager', scopes: [], tokenId: 'token-manager' },
  integrator: {
    role: 'integrator',
    scopes: ['system/Observation.rs', 'system/Task.cu'],
    tokenId: 'token-integrator',
  },
  system: { role: 'system', scopes: [], tokenId: 'token-system' },
} as const satisfies Record<string, Actor>;

export type ActorName = keyof typeof actors;

/** Whose records each actor reaches. */
export const reach: Readonly<Record<ActorName, readonly Person[]>> = {
  gp: ['a'],
  therapist: ['a'],
  patient: ['a'],
  manager: [],
  integrator: people,
  system: people,
};

export const canaryOf = (type: string, person: Person | 'open') => `canary-${type}-${person}-end`;

/** The id of a person's resource of a type, or of the one that is nobody's. */
export const idOf = (type: string, person: Person | 'open') =>
  `${type === 'Patient' ? 'person' : type}-${person}`;

interface Element {
  readonly path: string;
  readonly max: string;
  readonly type?: readonly { readonly code: string; readonly targetProfile?: readonly string[] }[];
}

/** Where the shortest path is not the one that the compartment follows. */
const usualPlaces: Readonly<Record<string, string>> = {
  Appointment: 'Appointment.participant.actor',
  SupplyRequest: 'SupplyRequest.deliverTo',
};

/** The shortest element path by which a type can point to a patient, subjects first. */
function placeOfPatient(type: string): readonly Element[] | undefined {
  const file = new URL(`StructureDefinition-${type}.json`, base);
  const { snapshot } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly snapshot: { readonly element: Element[] };
  };
  const names = ['subject', 'patient', 'for', 'beneficiary', 'individual', 'target'];
  const depth = ({ path }: Element) => path.split('.').length;
  const rank = ({ path }: Element) =>
    (names.indexOf(path.split('.').at(-1) ?? '') + names.length + 1) % (names.length + 1);
  const [found] = snapshot.element
    .filter(({ path }) => usualPlaces[type] === undefined || usualPlaces[type] === path)
    .filter(({ type: types }) =>
      types?.some(({ targetProfile }) =>
        targetProfile?.some((target) => target.endsWith('/Patient') || target.endsWith('/Resource')),
      ),
    )
    .sort((one, two) => depth(one) - depth(two) || rank(one) - rank(two));
  if (!found) return undefined;
  const steps = found.path.split('.');
  return steps
    .slice(1)
    .map((_step, at) => snapshot.element.find(({ path }) => path === steps.slice(0, at + 2).join('.')))
    .filter((element) => element !== undefined);
}

const places = new Map(personalTypes.map((type) => [type, placeOfPatient(type)]));

/** A resource of the type about the person, as small as it can be: the store does not validate. */
export function resourceOf(type: ResourceType, person: Person | 'open', id: string): Resource {
  const tagged = { resourceType: type, id, meta: { tag: [{ code: canaryOf(type, person) }] } };
  if (type === 'Patient') {
    const generalPractitioner = { a: 'gp-1', b: 'gp-2', c: undefined, open: undefined }[person];
    return {
      ...tagged,
      ...(generalPractitioner && {
        generalPractitioner: [{ reference: `Practitioner/${generalPractitioner}` }],
      }),
    } as Patient;
  }
  let content: object = { reference: `Patient/person-${person}` };
  for (const { path, max } of [...(places.get(type) ?? [])].reverse()) {
    const name = (path.split('.').at(-1) ?? '').replace('[x]', 'Reference');
    content = { [name]: max === '1' ? content : [content] };
  }
  return { ...tagged, ...(places.get(type) && content) } as Resource;
}

export function queryFor(type: ResourceType, parts: Partial<SearchQuery> = {}): SearchQuery {
  return {
    type,
    filters: [],
    sort: [],
    count: 200,
    include: [],
    revinclude: [],
    total: true,
    understood: '_count=200',
    ...parts,
  };
}

export interface World {
  readonly sqlite: OpenedStore;
  /** Sees everything, audits nothing. */
  readonly root: Store;
  readonly clock: Clock;
  accessOf(name: ActorName): Access;
  accessOfActor(actor: Actor): Access;
}

const searchParameters = readSearchParameters(fileURLToPath(base));
const { registry } = searchParameters;
export const { compartment } = searchParameters;

export const facts: PatientFacts = { patientsOf: (resource) => compartment.patientsOf(resource) };

/** The reference parameters of every type that may lead to a patient, for _include and _revinclude. */
export const patientParameters = allTypes.flatMap((type) =>
  registry
    .parameters(type)
    .filter(
      ({ kind, targets }) => kind === 'reference' && (targets.length === 0 || targets.includes('Patient')),
    )
    .map(({ code }) => ({ sourceType: type, parameter: code })),
);

/** Stores the world. `root` must be allowed to write everything. */
export async function seedWorld(root: Store): Promise<void> {
  await root.transaction(async (store) => {
    for (const type of openTypes) {
      await store.create(resourceOf(type, 'open', `${type}-open`), { id: `${type}-open` });
    }
    for (const type of personalTypes) {
      for (const person of people) {
        const id = idOf(type, person);
        await store.create(resourceOf(type, person, id), { id });
      }
    }
    const referral: ServiceRequest = {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      subject: { reference: 'Patient/person-a' },
      performer: [{ reference: 'Practitioner/therapist-1' }],
    };
    await store.create(referral, { id: 'referral-a' });
  });
}

export async function buildWorld(): Promise<World> {
  let tick = Date.parse('2026-11-20T12:00:00.000Z');
  let count = 0;
  const clock: Clock = { now: () => new Date(tick++) };
  const sqlite = sqliteStore({
    path: ':memory:',
    clock,
    newId: () => `id-${++count}`,
    registry,
    compartment,
  });
  const root = sqlite.store;
  await seedWorld(root);
  const accessOfActor = (actor: Actor) => accessFor(root, { actor, requestId: 'request-1', clock }, facts);
  return { sqlite, root, clock, accessOfActor, accessOf: (name) => accessOfActor(actors[name]) };
}

/** What an audit holds, read back through a store that records: the rows that pass through it. */
export function recording(root: Store): { readonly store: Store; readonly rows: AuditEntry[] } {
  const rows: AuditEntry[] = [];
  const wrap = (inner: Store): Store => ({
    ...inner,
    record: async (...entries) => {
      rows.push(...entries);
      await inner.record(...entries);
    },
    transaction: (work) => inner.transaction((nested) => work(wrap(nested))),
    within: (visibility) => wrap(inner.within(visibility)),
  });
  return { store: wrap(root), rows };
}
