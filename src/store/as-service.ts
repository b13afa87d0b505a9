// The service acting for an actor with rights of its own: narrow, for one patient or one group, in the actor's own transaction.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { PatientReach } from '../auth/actor.ts';
import { openTypes } from '../auth/permit-table.ts';
import { type GroupOfRun, rightsOfEffect, type ServiceEffect } from '../auth/service-effects.ts';
import { notFound } from '../fhir/error.ts';
import { groupsOf } from '../fhir/group-record.ts';
import { practitionerOf } from '../fhir/practitioner-record.ts';
import type { AuditedStore } from './audited.ts';
import { patientsNamed } from './patients-named.ts';
import type { ReadResult, Store } from './store.ts';
import { type PatientFacts, patientNotFound } from './write-checks.ts';

/** What lies under an authorised transaction. */
export interface ServiceGround {
  /** The transaction's audited store, not narrowed to the actor. */
  readonly store: AuditedStore;
  /** As the actor sees it: whom they reach, the service may act for. */
  readonly reach: AuditedStore;
  readonly facts: PatientFacts;
}

/** Held weakly, so that a ground lives no longer than its transaction's store. */
const grounds = new WeakMap<Store, ServiceGround>();

/** Called by `authorised` for each transaction it opens, and for each store that is given out here. */
export function groundForService(store: Store, ground: ServiceGround): void {
  grounds.set(store, ground);
}

const open: ReadonlySet<string> = new Set(openTypes);

/**
 * A store with the rights of one effect (auth/service-effects.ts) for one patient. `store` must be the store of a running
 * transaction of this actor, or one that this gave out, whose patient is then the only one in reach: any other is a bug and throws.
 * Throws FhirError 404 when the patient is not reached. What the effect's rights do not hold is a bug of the workflow and throws.
 */
export async function asService(store: Store, effect: ServiceEffect, patientId: string): Promise<Store> {
  const ground = grounds.get(store);
  if (!ground) throw new Error("asService needs the store of a running transaction of the actor's");
  if (!(await ground.reach.reachablePatients([patientId])).has(patientId)) throw patientNotFound(patientId);
  return serve(ground.store.because(effect), ground.facts, {
    effect,
    patients: { kind: 'own', patientId },
    async demandAbout(resource) {
      const others = patientsNamed(resource, ground.facts.baseUrl).filter((id) => id !== patientId);
      if (others.length > 0 || !ground.facts.patientsOf(resource).includes(patientId)) {
        throw new Error(`The effect ${effect} may write only about its patient`);
      }
    },
  });
}

/**
 * The same, for what a group has as a whole. Nothing of a group names a member, but for the Group itself; and whom that names,
 * the actor reaches. Throws FhirError 404 when the actor does not see the plan.
 */
export async function asServiceOfGroup(store: Store, effect: ServiceEffect, run: GroupOfRun): Promise<Store> {
  const ground = grounds.get(store);
  if (!ground) throw new Error("asServiceOfGroup needs the store of a running transaction of the actor's");
  if ('practitioner' in run)
    return serve(
      ground.store.because(effect),
      ground.facts,
      forPractitioner(ground, effect, run.practitioner),
    );
  const groupId = await groupOf(ground, run);
  return serve(ground.store.because(effect), ground.facts, {
    effect,
    patients: { kind: 'group', groupId },
    async demandAbout(resource) {
      const named = patientsNamed(resource, ground.facts.baseUrl);
      const isOfGroup = groupsOf(resource, ground.facts.baseUrl).includes(groupId);
      if (!isOfGroup || (resource.resourceType !== 'Group' && named.length > 0)) {
        throw new Error(`The effect ${effect} may write only about its group, and names nobody`);
      }
      const earlier = await ground.store.peek('Group', groupId);
      const before =
        earlier.kind === 'found' ? patientsNamed(earlier.version.resource(), ground.facts.baseUrl) : [];
      const joining = named.filter((id) => !before.includes(id));
      const inReach = await ground.reach.reachablePatients(joining);
      const stranger = joining.find((id) => !inReach.has(id));
      if (stranger !== undefined) throw patientNotFound(stranger);
    },
  });
}

/** What is a practitioner's own refers to no patient. */
function forPractitioner({ facts }: ServiceGround, effect: ServiceEffect, practitionerId: string): Service {
  return {
    effect,
    patients: { kind: 'practitioner', practitionerId },
    async demandAbout(resource) {
      const isOwn = practitionerOf(resource, facts.baseUrl) === practitionerId;
      if (!isOwn || patientsNamed(resource, facts.baseUrl).length > 0) {
        throw new Error(`The effect ${effect} may write only about its practitioner, and names no patient`);
      }
    },
  };
}

async function groupOf(
  ground: ServiceGround,
  run: Exclude<GroupOfRun, { readonly practitioner: string }>,
): Promise<string> {
  if ('newGroup' in run) {
    const found = await ground.store.peek('Group', run.newGroup);
    if (found.kind !== 'missing') throw new Error('A new run needs a group that is not there yet');
    return run.newGroup;
  }
  const seen = 'ownPlan' in run ? run.ownPlan : run.carePlan;
  const groupId =
    'ownPlan' in run
      ? await groupAround(ground, seen)
      : ofPlan(await ground.reach.peek('CarePlan', seen), ground.facts);
  if (groupId === undefined) throw notFound(`CarePlan/${seen} is not known`);
  return groupId;
}

function ofPlan(plan: ReadResult, facts: PatientFacts): string | undefined {
  return plan.kind === 'found' ? groupsOf(plan.version.resource(), facts.baseUrl)[0] : undefined;
}

/**
 * The group whose plan this one, of a patient whom the actor reaches, is a part of; they need see neither. Whoever writes a plan writes what it
 * is a part of: what counts is that the patient is in the group, which the service alone writes.
 */
async function groupAround(
  { store, reach, facts }: ServiceGround,
  ownPlan: string,
): Promise<string | undefined> {
  const own = await store.peek('CarePlan', ownPlan);
  const resource = own.kind === 'found' ? own.version.resource() : undefined;
  if (resource?.resourceType !== 'CarePlan') return undefined;
  const patients = facts.patientsOf(resource);
  const inReach = await reach.reachablePatients(patients);
  const whole = resource.partOf?.[0]?.reference?.split('/')[1];
  if (whole === undefined || patients.length === 0 || !patients.every((id) => inReach.has(id)))
    return undefined;
  const groupId = ofPlan(await store.peek('CarePlan', whole), facts);
  const group = groupId === undefined ? undefined : await store.peek('Group', groupId);
  const members = group?.kind === 'found' ? membersOf(group.version.resource()) : [];
  return patients.every((id) => members.includes(`Patient/${id}`)) ? groupId : undefined;
}

/** Who has not left. */
function membersOf(group: Resource): readonly string[] {
  const members = group.resourceType === 'Group' ? (group.member ?? []) : [];
  return members.flatMap(({ entity, inactive }) => (inactive === true ? [] : (entity.reference ?? [])));
}

interface Service {
  readonly effect: ServiceEffect;
  /** Whose record is open to it. */
  readonly patients: PatientReach;
  readonly demandAbout: (resource: Resource) => Promise<void>;
}

function serve(audited: AuditedStore, facts: PatientFacts, service: Service): Store {
  const { effect, patients, demandAbout } = service;
  const rights = rightsOfEffect(effect);
  const view = audited.within({
    kind: 'limited',
    openTypes: rights.readsOfNobody ? new Set([...open, ...rights.readsOfNobody]) : open,
    patientTypes: new Set<string>(rights.reads),
    patients,
  });

  function demand(allowed: readonly ResourceType[], type: ResourceType, doing: string): void {
    if (!allowed.includes(type)) throw new Error(`The effect ${effect} may not ${doing} ${type}`);
  }
  const never = (doing: string) => (): never => {
    throw new Error(`The service may not ${doing} for an actor`);
  };

  const served: Store = {
    read: (type, id) => view.read(type, id),
    readVersion: (type, id, versionId) => view.readVersion(type, id, versionId),
    history: (type, id, page) => view.history(type, id, page),
    wideHistory: never('list the history of many resources'),
    search: (query) => view.search(query),
    patientRecord: (query) => view.patientRecord(query),
    reachablePatients: (patientIds) => view.reachablePatients(patientIds),
    tying: never('ask who takes part'),
    record: (...entries) => view.record(...entries),
    async create(resource, options) {
      demand(rights.creates, resource.resourceType, 'create');
      await demandAbout(resource);
      return view.create(resource, options);
    },
    async update(resource, options = {}) {
      demand(rights.updates, resource.resourceType, 'update');
      await demandAbout(resource);
      return view.update(resource, { ...options, upsert: false });
    },
    transaction: (work) => audited.transaction((inner) => work(serve(inner, facts, service))),
    createIfNoneExist: never('create conditionally'),
    delete: never('delete'),
    within: never('widen its rights'),
    keptAnswer: never('repeat an answer'),
    keepAnswer: never('keep an answer'),
    importState: never('import'),
    keepImportState: never('import'),
  };
  groundForService(served, { store: audited, reach: view, facts });
  return served;
}
