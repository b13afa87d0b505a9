// Shows an actor only what they may see and lets them write only what they may write. Each request's store is made by it, so that no route can forget.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { Actor, Visibility } from '../auth/actor.ts';
import { isAsking, newlyTied } from '../auth/only-asked.ts';
import { type Interaction, may, visibilityFor } from '../auth/permits.ts';
import { type FhirError, forbidden } from '../fhir/error.ts';
import type { SearchQuery } from '../fhir/search-query.ts';
import { groundForService } from './as-service.ts';
import type { Attempt, AuditedStore } from './audited.ts';
import { assertVisible } from './second-look.ts';
import type {
  AuditEntry,
  CreateResult,
  HistoryEntry,
  HistoryScope,
  ReadResult,
  RecordQuery,
  Store,
  StoredVersion,
  UpdateResult,
} from './store.ts';
import { checkChange, checkNew, checkPatientsNamed, type PatientFacts } from './write-checks.ts';

/** `store` is audited outside in: what is refused here leaves a row too. */
export function authorised(store: AuditedStore, actor: Actor, facts: PatientFacts): Store {
  return new Guard({ store, actor, facts, isInTransaction: false });
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

/** A class for the reason that audited.ts gives: one is made for each request, and another for each transaction. */
class Guard implements Store {
  readonly #ground: Ground;
  readonly #visibility: Visibility;
  readonly #reading: AuditedStore;
  readonly #writing: AuditedStore;
  /** Patients in whose care the actor was found to take part: asked once in a transaction. */
  readonly #takesPartIn = new Set<string>();

  constructor(ground: Ground) {
    const { store, actor } = ground;
    this.#ground = ground;
    this.#visibility = visibilityFor(actor);
    this.#reading = store.within(this.#visibility);
    this.#writing =
      actor.role === 'integrator' ? store.within(visibilityFor(actor, 'writing')) : this.#reading;
  }

  async read<T extends Resource = Resource>(type: T['resourceType'], id: string): Promise<ReadResult<T>> {
    await this.#demand('read', type, id);
    const result = await this.#reading.read<T>(type, id);
    if (result.kind === 'found') assertVisible(result.version, this.#visibility);
    return result;
  }

  async readVersion<T extends Resource = Resource>(
    type: T['resourceType'],
    id: string,
    versionId: string,
  ): Promise<ReadResult<T>> {
    await this.#demand('read', type, id);
    const result = await this.#reading.readVersion<T>(type, id, versionId);
    if (result.kind === 'found') assertVisible(result.version, this.#visibility);
    return result;
  }

  async history(...asked: Parameters<Store['history']>): ReturnType<Store['history']> {
    const [type, id] = asked;
    await this.#demand('history', type, id);
    const result = await this.#reading.history(...asked);
    assertAllVisible(result.entries, this.#visibility);
    return result;
  }

  async wideHistory(...asked: Parameters<Store['wideHistory']>): ReturnType<Store['wideHistory']> {
    const [scope, query] = asked;
    if (scope.kind === 'type') await this.#demand('history', scope.type);
    const readable: HistoryScope =
      scope.kind === 'type'
        ? scope
        : { ...scope, types: scope.types.filter((type) => may(this.#ground.actor, type, 'history')) };
    const result = await this.#reading.wideHistory(readable, query);
    assertAllVisible(result.entries, this.#visibility);
    return result;
  }

  async search(query: SearchQuery): ReturnType<Store['search']> {
    await this.#demand('search', query.type);
    for (const { sourceType } of query.revinclude) await this.#demand('search', sourceType);
    for (const { targetType } of query.include) {
      if (targetType !== undefined) await this.#demand('read', targetType);
    }
    const page = await this.#reading.search(query);
    for (const version of page.matches) assertVisible(version, this.#visibility);
    for (const version of page.included) assertVisible(version, this.#visibility);
    return page;
  }

  async patientRecord(query: RecordQuery): ReturnType<Store['patientRecord']> {
    await this.#demand('read', 'Patient', query.patientId);
    const page = await this.#reading.patientRecord(query);
    for (const version of page.record) assertVisible(version, this.#visibility);
    for (const version of page.referred) assertVisible(version, this.#visibility);
    return page;
  }

  async create<T extends Resource>(
    resource: T,
    options?: Parameters<Store['create']>[1],
  ): Promise<StoredVersion<T>> {
    if (!this.#ground.isInTransaction) return this.transaction((inner) => inner.create(resource, options));
    await this.#demand('create', resource.resourceType);
    await this.#checkCreate(resource);
    return this.#writing.create(resource, options);
  }

  async createIfNoneExist<T extends Resource>(resource: T, condition: SearchQuery): Promise<CreateResult<T>> {
    if (!this.#ground.isInTransaction) {
      return this.transaction((inner) => inner.createIfNoneExist(resource, condition));
    }
    await this.#demand('create', resource.resourceType);
    // The answer may be a resource that was there: without the right to search, a condition would be a way to look.
    await this.#demand('search', condition.type);
    await this.#checkCreate(resource);
    const result = await this.#reading.createIfNoneExist(resource, condition);
    if (result.kind === 'matched') assertVisible(result.version, this.#visibility);
    return result;
  }

  async update<T extends Resource & { id?: string }>(
    resource: T,
    options: NonNullable<Parameters<Store['update']>[1]> = {},
  ): Promise<UpdateResult<T>> {
    const { actor, isInTransaction } = this.#ground;
    if (!isInTransaction) return this.transaction((inner) => inner.update(resource, options));
    const { resourceType: type, id } = resource;
    await this.#demand('update', type, id);
    // The system corrects what nobody else may, so nothing is asked of it.
    if (actor.role === 'system' || id === undefined) return this.#writing.update(resource, options);
    const current = await this.#lastContent(type, id);
    if (current !== undefined) {
      await this.#checkUpdate(current, resource);
      return this.#writing.update(resource, { ...options, upsert: false });
    }
    // Who sees only some patients may not choose ids: 201 for "none" and 404 for "not yours" would tell them apart.
    const mayBring = !isTied(actor) && options.upsert === true && may(actor, type, 'create');
    if (!mayBring) await this.#writing.missed(attemptOf('update', type, id));
    return this.#writing.update(resource, { ...options, upsert: mayBring });
  }

  async delete(...asked: Parameters<Store['delete']>): ReturnType<Store['delete']> {
    const [type, id] = asked;
    await this.#demand('delete', type, id);
    return this.#writing.delete(...asked);
  }

  reachablePatients(patientIds: readonly string[]): ReturnType<Store['reachablePatients']> {
    return this.#reading.reachablePatients(patientIds);
  }

  tying(): never {
    throw new Error('Who takes part in a care is asked under an authorised store');
  }

  record(...entries: readonly AuditEntry[]): Promise<void> {
    return this.#ground.store.record(...entries);
  }

  keptAnswer(...asked: Parameters<Store['keptAnswer']>): ReturnType<Store['keptAnswer']> {
    return this.#ground.store.keptAnswer(...asked);
  }

  keepAnswer(...asked: Parameters<Store['keepAnswer']>): ReturnType<Store['keepAnswer']> {
    return this.#ground.store.keepAnswer(...asked);
  }

  importState(file: string): ReturnType<Store['importState']> {
    return this.#ground.store.importState(file);
  }

  keepImportState(...asked: Parameters<Store['keepImportState']>): ReturnType<Store['keepImportState']> {
    return this.#ground.store.keepImportState(...asked);
  }

  transaction<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const { store, facts } = this.#ground;
    return store.transaction((inner) => {
      const within = new Guard({ ...this.#ground, store: inner, isInTransaction: true });
      groundForService(within, { store: inner, facts, reach: within.#reading });
      return work(within);
    });
  }

  within(): never {
    throw new Error('An authorised store has its visibility from its actor and takes no other');
  }

  /** Resolves at once when it is allowed, which it nearly always is. */
  #demand(interaction: Rest, type: string, id?: string): Promise<void> | undefined {
    const { actor } = this.#ground;
    if (may(actor, type, interaction)) return undefined;
    return this.#refuse(
      attemptOf(interaction, type, id),
      forbidden(`This token (${actor.role}) may not ${interactions[interaction].verb} ${type} resources.`),
    );
  }

  async #refuse(attempt: Attempt, refusal: FhirError): Promise<never> {
    await this.#ground.store.refused(attempt);
    throw refusal;
  }

  /** Throws when a new resource may not be written by this actor. */
  async #checkCreate(resource: Resource): Promise<void> {
    const { actor, facts } = this.#ground;
    if (!isTied(actor)) return;
    const refusal =
      checkNew(resource, actor, facts) ??
      (await this.#strangerIn(resource)) ??
      (await this.#selfIn(resource));
    if (refusal) await this.#refuse(attemptOf('create', resource.resourceType), refusal);
  }

  async #checkUpdate(current: Resource, next: Resource): Promise<void> {
    const { actor, facts } = this.#ground;
    const refusal =
      checkChange(current, next, actor, facts) ??
      (isTied(actor)
        ? ((await this.#strangerIn(next, current)) ?? (await this.#selfIn(next, current)))
        : undefined);
    if (refusal) await this.#refuse(attemptOf('update', next.resourceType, current.id), refusal);
  }

  /** The refusal for a patient who is named and not in reach. */
  #strangerIn(resource: Resource, current?: Resource): Promise<FhirError | undefined> {
    const reachable = (ids: readonly string[]) => this.#writing.reachablePatients(ids);
    return checkPatientsNamed(resource, this.#ground.facts, reachable, current);
  }

  /** The refusal for somebody who would make themselves part of a care in which they are only asked. */
  async #selfIn(resource: Resource, current?: Resource): Promise<FhirError | undefined> {
    const { actor, facts } = this.#ground;
    const self = actor.subject ?? '';
    for (const patientId of newlyTied(self, resource, current, facts.baseUrl)) {
      if (this.#takesPartIn.has(patientId)) continue;
      const ties = await this.#writing.tying(patientId, self);
      const [first] = ties;
      if (first !== undefined && ties.every((tie) => isAsking(tie.resource(), self, facts.baseUrl))) {
        return forbidden(
          `You are asked about Patient/${patientId} and have not said yes: accept Task/${first.id} first. Nobody makes themselves part of a care in which they are only asked.`,
          resource.resourceType,
        );
      }
      this.#takesPartIn.add(patientId);
    }
    return undefined;
  }

  /** The content that an update replaces: of a deleted resource, what it held last. */
  async #lastContent(type: ResourceType, id: string): Promise<Resource | undefined> {
    const now = await this.#writing.peek(type, id);
    if (now.kind !== 'gone') return contentOf(now);
    return contentOf(await this.#writing.peekVersion(type, id, String(Number(now.versionId) - 1)));
  }
}

/** Writers who are held to patients in reach; integrators and the system write for whomever their token says. */
function isTied({ role }: Actor): boolean {
  return role !== 'system' && role !== 'integrator';
}

function attemptOf(interaction: Rest, type: string, id?: string): Attempt {
  return {
    action: interactions[interaction].action,
    interaction: interactions[interaction].code,
    resourceType: type,
    ...(id !== undefined && { id }),
  };
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
