// The service acting for an actor with rights of its own: narrow, for one patient, in the actor's own transaction.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import { openTypes } from '../auth/permit-table.ts';
import { rightsOfEffect, type ServiceEffect } from '../auth/service-effects.ts';
import type { AuditedStore } from './audited.ts';
import { patientsNamed } from './patients-named.ts';
import type { Store } from './store.ts';
import { type PatientFacts, patientNotFound } from './write-checks.ts';

/** What lies under an authorised transaction. */
export interface ServiceGround {
  /** The transaction's audited store, not narrowed to the actor. */
  readonly store: AuditedStore;
  /** As the actor sees it: whom they reach, the service may act for. */
  readonly reach: Store;
  readonly facts: PatientFacts;
}

/** Held weakly, so that a ground lives no longer than its transaction's store. */
const grounds = new WeakMap<Store, ServiceGround>();

/** Called by `authorised` for each transaction it opens, and by nothing else. */
export function groundForService(store: Store, ground: ServiceGround): void {
  grounds.set(store, ground);
}

const open: ReadonlySet<string> = new Set(openTypes);

/**
 * A store with the rights of one effect (auth/service-effects.ts) for one patient. `store` must be the store of a running
 * transaction of this actor: any other is a bug and throws. Throws FhirError 404 when the actor does not reach the patient.
 * What the effect's rights do not hold is a bug of the workflow and throws.
 */
export async function asService(store: Store, effect: ServiceEffect, patientId: string): Promise<Store> {
  const ground = grounds.get(store);
  if (!ground) throw new Error("asService needs the store of a running transaction of the actor's");
  if (!(await ground.reach.reachablePatients([patientId])).has(patientId)) throw patientNotFound(patientId);
  return serve(ground.store.because(effect), { effect, patientId, facts: ground.facts });
}

interface Service {
  readonly effect: ServiceEffect;
  readonly patientId: string;
  readonly facts: PatientFacts;
}

function serve(audited: AuditedStore, service: Service): Store {
  const { effect, patientId, facts } = service;
  const rights = rightsOfEffect(effect);
  const view = audited.within({
    kind: 'limited',
    openTypes: open,
    patientTypes: new Set<string>(rights.reads),
    patients: { kind: 'own', patientId },
  });

  function demand(allowed: readonly ResourceType[], type: ResourceType, doing: string): void {
    if (!allowed.includes(type)) throw new Error(`The effect ${effect} may not ${doing} ${type}`);
  }
  function demandAbout(resource: Resource): void {
    const others = patientsNamed(resource, facts.baseUrl).filter((id) => id !== patientId);
    if (others.length > 0 || !facts.patientsOf(resource).includes(patientId)) {
      throw new Error(`The effect ${effect} may write only about its patient`);
    }
  }
  const never = (doing: string) => (): never => {
    throw new Error(`The service may not ${doing} for an actor`);
  };

  return {
    read: (type, id) => view.read(type, id),
    readVersion: (type, id, versionId) => view.readVersion(type, id, versionId),
    history: (type, id, page) => view.history(type, id, page),
    wideHistory: never('list the history of many resources'),
    search: (query) => view.search(query),
    patientRecord: (query) => view.patientRecord(query),
    reachablePatients: (patientIds) => view.reachablePatients(patientIds),
    record: (entry) => view.record(entry),
    async create(resource, options) {
      demand(rights.creates, resource.resourceType, 'create');
      demandAbout(resource);
      return view.create(resource, options);
    },
    async update(resource, options = {}) {
      demand(rights.updates, resource.resourceType, 'update');
      demandAbout(resource);
      return view.update(resource, { ...options, upsert: false });
    },
    transaction: (work) => audited.transaction((inner) => work(serve(inner, service))),
    createIfNoneExist: never('create conditionally'),
    delete: never('delete'),
    within: never('widen its rights'),
    keptAnswer: never('repeat an answer'),
    keepAnswer: never('keep an answer'),
  };
}
