// Shows an actor only what they may see and lets them write only what they may write. Each request's store is made by it, so that no route can forget.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { Actor, Visibility } from '../auth/actor.ts';
import { type Interaction, may, visibilityFor } from '../auth/permits.ts';
import { type FhirError, forbidden } from '../fhir/error.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import { groundForService } from './as-service.ts';
import type { Attempt, AuditedStore } from './audited.ts';
import { assertVisible } from './second-look.ts';
import type { HistoryEntry, HistoryScope, ReadResult, Store } from './store.ts';
import { checkChange, checkNew, checkPatientsNamed, type PatientFacts } from './write-checks.ts';

/** `store` is audited outside in: what is refused here leaves a row too. */
export function authorised(store: AuditedStore, actor: Actor, facts: PatientFacts): Store {
  return guard({ store, actor, facts, isInTransaction: false });
}

interface Ground {
  readonly store: AuditedStore;
  readonly actor: Actor;
  readonly facts: PatientFacts;
  readonly isInTransaction: boolean;
}

/** As the audit trail calls it, and as a refusal says it. */
const interactions = {
  read: { action: 'R', code: 'read', verb: 'read' },
  history: { action: 'R', code: 'history-instance', verb: 'see the history of' },
  search: { action: 'E', code: 'search-type', verb: 'search' },
  create: { action: 'C', code: 'create', verb: 'create' },
  update: { action: 'U', code: 'update', verb: 'update' },
  delete: { action: 'D', code: 'delete', verb: 'delete' },
} as const satisfies Partial<Record<Interaction, unknown>>;

type Rest = keyof typeof interactions;

function guard(ground: Ground): Store {
  const { store, actor, facts, isInTransaction } = ground;
  const visibility = visibilityFor(actor);
  const reading = store.within(visibility);
  const writing = actor.role === 'integrator' ? store.within(visibilityFor(actor, 'writing')) : reading;
  /** Writers who are held to patients in reach; integrators and the system write for whomever their token says. */
  const isTied = actor.role !== 'system' && actor.role !== 'integrator';

  const attemptOf = (interaction: Rest, type: string, id?: string): Attempt => ({
    action: interactions[interaction].action,
    interaction: interactions[interaction].code,
    resourceType: type,
    ...(id !== undefined && { id }),
  });

  async function refuse(attempt: Attempt, refusal: FhirError): Promise<never> {
    await store.refused(attempt);
    throw refusal;
  }

  async function demand(interaction: Rest, type: string, id?: string): Promise<void> {
    if (may(actor, type, interaction)) return;
    await refuse(
      attemptOf(interaction, type, id),
      forbidden(`This token (${actor.role}) may not ${interactions[interaction].verb} ${type} resources.`),
    );
  }

  /** Throws when a new resource may not be written by this actor. */
  async function checkCreate(resource: Resource): Promise<void> {
    if (!isTied) return;
    const refusal =
      checkNew(resource, actor, facts) ??
      (await checkPatientsNamed(resource, facts, (ids) => writing.reachablePatients(ids)));
    if (refusal) await refuse(attemptOf('create', resource.resourceType), refusal);
  }

  async function checkUpdate(current: Resource, next: Resource): Promise<void> {
    const refusal =
      checkChange(current, next, actor, facts) ??
      (isTied ? await checkPatientsNamed(next, facts, (ids) => writing.reachablePatients(ids)) : undefined);
    if (refusal) await refuse(attemptOf('update', next.resourceType, current.id), refusal);
  }

  /** The content that an update replaces: of a deleted resource, what it held last. */
  async function lastContent(type: ResourceType, id: string): Promise<Resource | undefined> {
    const now = await writing.peek(type, id);
    if (now.kind !== 'gone') return contentOf(now);
    return contentOf(await writing.peekVersion(type, id, String(Number(now.versionId) - 1)));
  }

  async function demandIncludes(query: SearchQuery): Promise<void> {
    for (const { sourceType } of query.revinclude) await demand('search', sourceType);
    for (const { targetType } of query.include) {
      if (targetType !== undefined) await demand('read', targetType);
    }
  }

  const self: Store = {
    async read<T extends Resource = Resource>(type: T['resourceType'], id: string) {
      await demand('read', type, id);
      const result = await reading.read<T>(type, id);
      if (result.kind === 'found') assertVisible(result.version, visibility);
      return result;
    },

    async readVersion<T extends Resource = Resource>(type: T['resourceType'], id: string, versionId: string) {
      await demand('read', type, id);
      const result = await reading.readVersion<T>(type, id, versionId);
      if (result.kind === 'found') assertVisible(result.version, visibility);
      return result;
    },

    async history(type, id, page) {
      await demand('history', type, id);
      const result = await reading.history(type, id, page);
      assertAllVisible(result.entries, visibility);
      return result;
    },

    async wideHistory(scope, query) {
      if (scope.kind === 'type') await demand('history', scope.type);
      const readable: HistoryScope =
        scope.kind === 'type'
          ? scope
          : { ...scope, types: scope.types.filter((type) => may(actor, type, 'history')) };
      const result = await reading.wideHistory(readable, query);
      assertAllVisible(result.entries, visibility);
      return result;
    },

    async search(query) {
      await demand('search', query.type);
      await demandIncludes(query);
      const page = await reading.search(query);
      for (const version of page.matches) assertVisible(version, visibility);
      for (const version of page.included) assertVisible(version, visibility);
      return page;
    },

    async patientRecord(query) {
      await demand('read', 'Patient', query.patientId);
      const page = await reading.patientRecord(query);
      for (const version of page.record) assertVisible(version, visibility);
      for (const version of page.referred) assertVisible(version, visibility);
      return page;
    },

    async create(resource, options) {
      if (!isInTransaction) return self.transaction((inner) => inner.create(resource, options));
      await demand('create', resource.resourceType);
      await checkCreate(resource);
      return writing.create(resource, options);
    },

    async createIfNoneExist(resource, condition) {
      if (!isInTransaction) return self.transaction((inner) => inner.createIfNoneExist(resource, condition));
      await demand('create', resource.resourceType);
      // The answer may be a resource that was there: without the right to search, a condition would be a way to look.
      await demand('search', condition.type);
      await checkCreate(resource);
      const result = await reading.createIfNoneExist(resource, condition);
      if (result.kind === 'matched') assertVisible(result.version, visibility);
      return result;
    },

    async update(resource, options = {}) {
      if (!isInTransaction) return self.transaction((inner) => inner.update(resource, options));
      const { resourceType: type, id } = resource;
      await demand('update', type, id);
      // The system corrects what nobody else may, so nothing is asked of it.
      if (actor.role === 'system' || id === undefined) return writing.update(resource, options);
      const current = await lastContent(type, id);
      if (current !== undefined) {
        await checkUpdate(current, resource);
        return writing.update(resource, { ...options, upsert: false });
      }
      // Who sees only some patients may not choose ids: 201 for "none" and 404 for "not yours" would tell them apart.
      const mayBring = !isTied && options.upsert === true && may(actor, type, 'create');
      if (!mayBring) await writing.missed(attemptOf('update', type, id));
      return writing.update(resource, { ...options, upsert: mayBring });
    },

    async delete(type, id, options) {
      await demand('delete', type, id);
      return writing.delete(type, id, options);
    },

    reachablePatients: (patientIds) => reading.reachablePatients(patientIds),
    record: (entry) => store.record(entry),
    keptAnswer: (key) => store.keptAnswer(key),
    keepAnswer: (key, answer) => store.keepAnswer(key, answer),

    transaction(work) {
      return store.transaction((inner) => {
        const within = guard({ ...ground, store: inner, isInTransaction: true });
        groundForService(within, { store: inner, facts, reach: inner.within(visibility) });
        return work(within);
      });
    },

    within(): never {
      throw new Error('An authorised store has its visibility from its actor and takes no other');
    },
  };
  return self;
}

function assertAllVisible(entries: readonly HistoryEntry[], visibility: Visibility): void {
  for (const entry of entries) {
    const { json } = entry;
    if (json !== undefined) assertVisible({ ...entry, json }, visibility);
  }
}

function contentOf(result: ReadResult): Resource | undefined {
  return result.kind === 'found' ? result.version.resource() : undefined;
}
