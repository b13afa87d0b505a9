// Writes an audit row for each thing that is read or written, in the same commit: no row, no answer. Wraps any store.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { Actor, Visibility } from '../auth/actor.ts';
import type { Clock } from '../runtime/clock.ts';
import type { AuditEntry, ReadResult, Store } from './store.ts';

/** On whose behalf, in which request, at what time. */
export interface AuditSource {
  readonly actor: Actor;
  readonly requestId: string;
  readonly clock: Clock;
}

/** What was done or tried: the part of an audit row that a single call knows. */
export type Attempt = Pick<
  AuditEntry,
  'action' | 'interaction' | 'resourceType' | 'id' | 'versionId' | 'query'
>;

export interface AuditedStore extends Store {
  /** Notes that something was done that is neither a read nor a write of this store. */
  did(attempt: Attempt): Promise<void>;
  /**
   * Notes that something was refused. Outside a transaction it resolves when the row is durable; inside, the row is
   * written after the transaction has ended, because it must outlive a rollback.
   */
  refused(attempt: Attempt): Promise<void>;
  /** Notes that something was asked for that this store does not show: refused if it exists, otherwise done in vain. */
  missed(attempt: Attempt): Promise<void>;
  /** The current version, unaudited: for a check before a write. Its result must not leave the wrapper that asks. */
  peek(type: ResourceType, id: string): Promise<ReadResult>;
  /** The same, of one version. */
  peekVersion(type: ResourceType, id: string, versionId: string): Promise<ReadResult>;
  /** The same store, whose rows also say why the service acts for the actor. */
  because(reason: string): AuditedStore;
  transaction<T>(work: (store: AuditedStore) => Promise<T>): Promise<T>;
  within(visibility: Visibility): AuditedStore;
}

export function audited(store: Store, source: AuditSource): AuditedStore {
  return wrap({ whole: store, source });
}

interface Layer {
  readonly whole: Store;
  /** Absent: everything that `whole` shows. */
  readonly visibility?: Visibility;
  readonly source: AuditSource;
  readonly reason?: string;
  /** Present inside a transaction: what was refused in it, to be written when it has ended. */
  readonly refusals?: AuditEntry[];
}

function wrap(layer: Layer): AuditedStore {
  const { whole, visibility, refusals } = layer;
  const seen = visibility ? whole.within(visibility) : whole;
  const isInTransaction = refusals !== undefined;

  const done = (attempt: Attempt) => seen.record(entryOf(layer, attempt, 'success'));

  async function refused(attempt: Attempt): Promise<void> {
    const denial = entryOf(layer, attempt, 'denied');
    if (refusals) refusals.push(denial);
    else await whole.record(denial);
  }

  /** Looks whether or not there is something, so that "none" and "not yours" take as long. */
  async function missed(attempt: Attempt): Promise<void> {
    const { resourceType, id } = attempt;
    const isHidden =
      visibility !== undefined &&
      id !== undefined &&
      (await whole.read(resourceType as ResourceType, id)).kind !== 'missing';
    await (isHidden ? refused(attempt) : done(attempt));
  }

  const self: AuditedStore = {
    did: done,
    refused,
    missed,
    peek: (type, id) => seen.read(type, id),
    peekVersion: (type, id, versionId) => seen.readVersion(type, id, versionId),
    because: (reason) => wrap({ ...layer, reason }),
    reachablePatients: (patientIds) => seen.reachablePatients(patientIds),
    record: (entry) => seen.record(entry),
    keptAnswer: (key) => seen.keptAnswer(key),
    keepAnswer: (key, answer) => seen.keepAnswer(key, answer),
    within: (narrower) => wrap({ ...layer, visibility: narrower }),

    async read<T extends Resource = Resource>(type: T['resourceType'], id: string) {
      const result = await seen.read<T>(type, id);
      await noteRead({ action: 'R', interaction: 'read', resourceType: type, id }, result);
      return result;
    },

    async readVersion<T extends Resource = Resource>(type: T['resourceType'], id: string, versionId: string) {
      const result = await seen.readVersion<T>(type, id, versionId);
      await noteRead({ action: 'R', interaction: 'vread', resourceType: type, id, versionId }, result);
      return result;
    },

    async history(type, id, page) {
      const result = await seen.history(type, id, page);
      const attempt: Attempt = { action: 'R', interaction: 'history-instance', resourceType: type, id };
      await (result.total === 0 ? missed(attempt) : done(attempt));
      return result;
    },

    async wideHistory(scope, query) {
      const result = await seen.wideHistory(scope, query);
      const [interaction, resourceType] =
        scope.kind === 'type' ? ['history-type', scope.type] : ['history-system', 'Resource'];
      await done({ action: 'R', interaction, resourceType });
      return result;
    },

    /** What was asked is on the disk before anything is looked for: what is found is then answered at once, and lives as short as can be. */
    async search(query) {
      await done({
        action: 'E',
        interaction: 'search-type',
        resourceType: query.type,
        query: query.understood,
      });
      return seen.search(query);
    },

    async patientRecord(query) {
      const page = await seen.patientRecord(query);
      await done({ action: 'E', interaction: '$everything', resourceType: 'Patient', id: query.patientId });
      return page;
    },

    async create(resource, options) {
      if (!isInTransaction) return self.transaction((store) => store.create(resource, options));
      const version = await seen.create(resource, options);
      const { resourceType, id, versionId } = version;
      await done({ action: 'C', interaction: 'create', resourceType, id, versionId });
      return version;
    },

    async createIfNoneExist(resource, condition) {
      if (!isInTransaction) return self.transaction((store) => store.createIfNoneExist(resource, condition));
      const result = await seen.createIfNoneExist(resource, condition);
      const { resourceType, id, versionId } = result.version;
      const action = result.kind === 'created' ? 'C' : 'R';
      const query = condition.understood;
      await done({ action, interaction: 'create', resourceType, id, versionId, query });
      return result;
    },

    async update(resource, options) {
      if (!isInTransaction) return self.transaction((store) => store.update(resource, options));
      const result = await seen.update(resource, options);
      const { resourceType, id, versionId } = result.version;
      const action = result.created ? 'C' : 'U';
      await done({ action, interaction: 'update', resourceType, id, versionId });
      return result;
    },

    async delete(type, id, options) {
      if (!isInTransaction) return self.transaction((store) => store.delete(type, id, options));
      const result = await seen.delete(type, id, options);
      const attempt: Attempt = { action: 'D', interaction: 'delete', resourceType: type, id };
      if (result.kind === 'missing') await missed(attempt);
      else await done({ ...attempt, versionId: result.versionId });
      return result;
    },

    async transaction(work) {
      if (refusals) return whole.transaction((inner) => work(wrap({ ...layer, whole: inner })));
      const denied: AuditEntry[] = [];
      try {
        return await whole.transaction((inner) => work(wrap({ ...layer, whole: inner, refusals: denied })));
      } finally {
        for (const denial of denied) await whole.record(denial);
      }
    },
  };

  function noteRead(attempt: Attempt, result: ReadResult): Promise<void> {
    switch (result.kind) {
      case 'found':
        return done({ ...attempt, versionId: result.version.versionId });
      case 'gone':
        return done(attempt);
      case 'missing':
        return missed(attempt);
    }
  }
  return self;
}

function entryOf(layer: Layer, attempt: Attempt, outcome: AuditEntry['outcome']): AuditEntry {
  const { actor, requestId, clock } = layer.source;
  const { role, subject, tokenId } = actor;
  return {
    ...attempt,
    ...(layer.reason !== undefined && { interaction: `${attempt.interaction}/${layer.reason}` }),
    atMs: clock.now().getTime(),
    actor: { role, tokenId, ...(subject !== undefined && { subject }) },
    requestId,
    outcome,
  };
}
