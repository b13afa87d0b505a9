// Writes an audit row for each thing that is read or written, in the same commit: no row, no answer. Wraps any store.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { Actor, Visibility } from '../auth/actor.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import type { Clock } from '../runtime/clock.ts';
import type {
  AuditEntry,
  CreateResult,
  ReadResult,
  RecordQuery,
  Store,
  StoredVersion,
  UpdateResult,
} from './store.ts';

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
  /** Present inside a transaction. */
  readonly noted?: Noted;
}

/** What happened in a transaction, and is not written yet. */
interface Noted {
  /** Written together as its last act: a course asks a dozen things, and each row by itself would be a round trip to the database. */
  readonly done: AuditEntry[];
  /** Written when it has ended, because it must outlive a rollback. */
  readonly refused: AuditEntry[];
}

const wrap = (layer: Layer): AuditedStore => new AuditedLayer(layer);

/** A class, because several are made for each request, and a method costs nothing until it is called. */
class AuditedLayer implements AuditedStore {
  readonly #layer: Layer;
  readonly #seen: Store;

  constructor(layer: Layer) {
    this.#layer = layer;
    this.#seen = layer.visibility ? layer.whole.within(layer.visibility) : layer.whole;
  }

  async did(attempt: Attempt): Promise<void> {
    const { noted, whole } = this.#layer;
    const entry = entryOf(this.#layer, attempt, 'success');
    if (noted) noted.done.push(entry);
    else await whole.record(entry);
  }

  async refused(attempt: Attempt): Promise<void> {
    const { noted, whole } = this.#layer;
    const denial = entryOf(this.#layer, attempt, 'denied');
    if (noted) noted.refused.push(denial);
    else await whole.record(denial);
  }

  /** Looks whether or not there is something, so that "none" and "not yours" take as long. */
  async missed(attempt: Attempt): Promise<void> {
    const { visibility, whole } = this.#layer;
    const { resourceType, id } = attempt;
    const isHidden =
      visibility !== undefined &&
      id !== undefined &&
      (await whole.read(resourceType as ResourceType, id)).kind !== 'missing';
    await (isHidden ? this.refused(attempt) : this.did(attempt));
  }

  peek(type: ResourceType, id: string): Promise<ReadResult> {
    return this.#seen.read(type, id);
  }

  peekVersion(type: ResourceType, id: string, versionId: string): Promise<ReadResult> {
    return this.#seen.readVersion(type, id, versionId);
  }

  because(reason: string): AuditedStore {
    return wrap({ ...this.#layer, reason });
  }

  within(visibility: Visibility): AuditedStore {
    return wrap({ ...this.#layer, visibility });
  }

  reachablePatients(
    ...asked: Parameters<Store['reachablePatients']>
  ): ReturnType<Store['reachablePatients']> {
    return this.#seen.reachablePatients(...asked);
  }

  tying(...asked: Parameters<Store['tying']>): ReturnType<Store['tying']> {
    return this.#seen.tying(...asked);
  }

  record(...entries: readonly AuditEntry[]): Promise<void> {
    return this.#seen.record(...entries);
  }

  keptAnswer(...asked: Parameters<Store['keptAnswer']>): ReturnType<Store['keptAnswer']> {
    return this.#seen.keptAnswer(...asked);
  }

  keepAnswer(...asked: Parameters<Store['keepAnswer']>): ReturnType<Store['keepAnswer']> {
    return this.#seen.keepAnswer(...asked);
  }

  importState(file: string): ReturnType<Store['importState']> {
    return this.#seen.importState(file);
  }

  keepImportState(...asked: Parameters<Store['keepImportState']>): ReturnType<Store['keepImportState']> {
    return this.#seen.keepImportState(...asked);
  }

  async read<T extends Resource = Resource>(type: T['resourceType'], id: string): Promise<ReadResult<T>> {
    const result = await this.#seen.read<T>(type, id);
    await this.#noteRead({ action: 'R', interaction: 'read', resourceType: type, id }, result);
    return result;
  }

  async readVersion<T extends Resource = Resource>(
    type: T['resourceType'],
    id: string,
    versionId: string,
  ): Promise<ReadResult<T>> {
    const result = await this.#seen.readVersion<T>(type, id, versionId);
    await this.#noteRead({ action: 'R', interaction: 'vread', resourceType: type, id, versionId }, result);
    return result;
  }

  async history(...asked: Parameters<Store['history']>): ReturnType<Store['history']> {
    const [resourceType, id] = asked;
    const result = await this.#seen.history(...asked);
    const attempt: Attempt = { action: 'R', interaction: 'history-instance', resourceType, id };
    await (result.total === 0 ? this.missed(attempt) : this.did(attempt));
    return result;
  }

  async wideHistory(...asked: Parameters<Store['wideHistory']>): ReturnType<Store['wideHistory']> {
    const [scope] = asked;
    const result = await this.#seen.wideHistory(...asked);
    const [interaction, resourceType] =
      scope.kind === 'type' ? ['history-type', scope.type] : ['history-system', 'Resource'];
    await this.did({ action: 'R', interaction, resourceType });
    return result;
  }

  /** Outside of a transaction what was asked is on the disk before anything is looked for: what is found is then answered at once, and lives as short as can be. */
  async search(query: SearchQuery): ReturnType<Store['search']> {
    await this.did({
      action: 'E',
      interaction: 'search-type',
      resourceType: query.type,
      query: query.understood,
    });
    return this.#seen.search(query);
  }

  async patientRecord(query: RecordQuery): ReturnType<Store['patientRecord']> {
    const page = await this.#seen.patientRecord(query);
    await this.did({ action: 'E', interaction: '$everything', resourceType: 'Patient', id: query.patientId });
    return page;
  }

  async create<T extends Resource>(
    resource: T,
    options?: Parameters<Store['create']>[1],
  ): Promise<StoredVersion<T>> {
    if (this.#layer.noted === undefined) return this.transaction((store) => store.create(resource, options));
    const version = await this.#seen.create(resource, options);
    const { resourceType, id, versionId } = version;
    await this.did({ action: 'C', interaction: 'create', resourceType, id, versionId });
    return version;
  }

  async createIfNoneExist<T extends Resource>(resource: T, condition: SearchQuery): Promise<CreateResult<T>> {
    if (this.#layer.noted === undefined) {
      return this.transaction((store) => store.createIfNoneExist(resource, condition));
    }
    const result = await this.#seen.createIfNoneExist(resource, condition);
    const { resourceType, id, versionId } = result.version;
    const action = result.kind === 'created' ? 'C' : 'R';
    const query = condition.understood;
    await this.did({ action, interaction: 'create', resourceType, id, versionId, query });
    return result;
  }

  async update<T extends Resource & { id?: string }>(
    resource: T,
    options?: Parameters<Store['update']>[1],
  ): Promise<UpdateResult<T>> {
    if (this.#layer.noted === undefined) return this.transaction((store) => store.update(resource, options));
    const result = await this.#seen.update(resource, options);
    const { resourceType, id, versionId } = result.version;
    const action = result.created ? 'C' : 'U';
    await this.did({ action, interaction: 'update', resourceType, id, versionId });
    return result;
  }

  async delete(...asked: Parameters<Store['delete']>): ReturnType<Store['delete']> {
    if (this.#layer.noted === undefined) return this.transaction((store) => store.delete(...asked));
    const [resourceType, id] = asked;
    const result = await this.#seen.delete(...asked);
    const attempt: Attempt = { action: 'D', interaction: 'delete', resourceType, id };
    if (result.kind === 'missing') await this.missed(attempt);
    else await this.did({ ...attempt, versionId: result.versionId });
    return result;
  }

  async transaction<T>(work: (store: AuditedStore) => Promise<T>): Promise<T> {
    const layer = this.#layer;
    const { noted, whole } = layer;
    // A transaction may be begun anew by the store: what was noted in the one that counts is written.
    if (noted) {
      const done: AuditEntry[] = [];
      const value = await whole.transaction((inner) => {
        done.length = 0;
        return work(wrap({ ...layer, whole: inner, noted: { ...noted, done } }));
      });
      noted.done.push(...done);
      return value;
    }
    const refused: AuditEntry[] = [];
    try {
      return await whole.transaction(async (inner) => {
        refused.length = 0;
        const done: AuditEntry[] = [];
        const value = await work(wrap({ ...layer, whole: inner, noted: { done, refused } }));
        await inner.record(...done);
        return value;
      });
    } finally {
      for (const denial of refused) await whole.record(denial);
    }
  }

  #noteRead(attempt: Attempt, result: ReadResult): Promise<void> {
    switch (result.kind) {
      case 'found':
        return this.did({ ...attempt, versionId: result.version.versionId });
      case 'gone':
        return this.did(attempt);
      case 'missing':
        return this.missed(attempt);
    }
  }
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
