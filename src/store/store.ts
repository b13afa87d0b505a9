// The storage port: a small interface that mirrors FHIR REST. Adapters implement it; audit and access wrap it.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { Visibility } from '../auth/actor.ts';
import type { Interval, SearchQuery } from '../fhir/search-query.ts';
import type { AnswerKey, KeptAnswer } from './kept-answer.ts';

export type { KeptAnswer } from './kept-answer.ts';

/** One version as it is stored. `json` is exactly the text that a client receives. */
export interface StoredVersion<T extends Resource = Resource> {
  readonly resourceType: T['resourceType'];
  readonly id: string;
  /** Decimal, "1" first, without holes. */
  readonly versionId: string;
  /** FHIR instant with milliseconds; never goes back for one resource. */
  readonly lastUpdated: string;
  readonly json: string;
  /** The parsed resource; parsed on first use. Do not mutate it. */
  resource(): T;
}

export type ReadResult<T extends Resource = Resource> =
  | { readonly kind: 'found'; readonly version: StoredVersion<T> }
  | { readonly kind: 'gone'; readonly versionId: string; readonly lastUpdated: string }
  | { readonly kind: 'missing' };

export type CreateResult<T extends Resource = Resource> =
  | { readonly kind: 'created'; readonly version: StoredVersion<T> }
  /** If-None-Exist found exactly one: nothing was written. */
  | { readonly kind: 'matched'; readonly version: StoredVersion<T> };

export interface UpdateResult<T extends Resource = Resource> {
  readonly version: StoredVersion<T>;
  /** True when the update brought the resource into being. */
  readonly created: boolean;
}

export type DeleteResult =
  | { readonly kind: 'deleted'; readonly versionId: string; readonly lastUpdated: string }
  | { readonly kind: 'already-gone'; readonly versionId: string; readonly lastUpdated: string }
  | { readonly kind: 'missing' };

export interface HistoryEntry {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** It brought the resource into being, or back after a deletion. */
  readonly created: boolean;
  readonly resourceType: ResourceType;
  readonly id: string;
  readonly versionId: string;
  readonly lastUpdated: string;
  /** Absent for a deletion. */
  readonly json?: string;
}

export interface HistoryPage {
  /** Newest first. Empty when the resource never existed or is not visible. */
  readonly entries: readonly HistoryEntry[];
  readonly total: number;
  readonly next?: string;
}

/** Which versions of a history, and which page of them: https://hl7.org/fhir/R4/http.html#history */
export interface HistoryQuery {
  readonly count: number;
  readonly cursor?: string;
  /** Versions stored at this instant or later, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  /** Versions that were current at some time in this interval. */
  readonly at?: Interval;
}

/** Whose history: one type, or these types together. */
export type HistoryScope =
  | { readonly kind: 'type'; readonly type: ResourceType }
  | { readonly kind: 'system'; readonly types: readonly ResourceType[] };

/** A page of the history of many resources: without a total, and it may hold less than was asked for though there is more. */
export type WideHistoryPage = Omit<HistoryPage, 'total'>;

export interface SearchPage {
  readonly matches: readonly StoredVersion[];
  readonly included: readonly StoredVersion[];
  /** Present when the query asked for a total. */
  readonly total?: number;
  /** Opaque keyset cursor of the following page; absent on the last. It carries no rights. */
  readonly next?: string;
  /** The same for the page before; absent on the first. */
  readonly previous?: string;
}

export interface RecordQuery {
  readonly patientId: string;
  /** Only these types; absent: all. */
  readonly types?: readonly ResourceType[];
  /** Only what was written at or after this instant. */
  readonly sinceMs?: number;
  /** Only care in this half-open time; what has no clinical date belongs to any time. */
  readonly care?: Interval;
  /** Page size, from 1. */
  readonly count: number;
  readonly cursor?: string;
}

export interface RecordPage {
  /** Of the patient's compartment, without the Patient itself. */
  readonly record: readonly StoredVersion[];
  /** Practitioners, organisations, places and medications that the record (as asked for) or the Patient points to. They come last. */
  readonly referred: readonly StoredVersion[];
  /** As SearchPage.next. */
  readonly next?: string;
}

export interface AuditEntry {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly actor: { readonly role: string; readonly subject?: string; readonly tokenId: string };
  readonly requestId: string;
  /** R4 audit-event-action: C create, R read, U update, D delete, E execute. */
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
  /**
   * restful-interaction code or operation name, such as "search-type" or "$apply". When the service acts for the actor
   * with rights of its own, the name of that effect follows: "create/score-questionnaire".
   */
  readonly interaction: string;
  readonly resourceType: string;
  readonly id?: string;
  readonly versionId?: string;
  /** The search as understood, without what the client sent in error. */
  readonly query?: string;
  readonly outcome: 'success' | 'denied';
}

/** A step of the import of a file, from one state to the next, each in words of whoever imports. */
export interface ImportStep {
  readonly file: string;
  /** Undefined at the begin. */
  readonly from: string | undefined;
  readonly to: string;
}

export interface Store {
  /**
   * Writes version 1 under a new id: one of its own, or `options.id`, which must be new too and fails when it is not.
   * `resource.id` and its meta.versionId/lastUpdated are replaced.
   */
  create<T extends Resource>(resource: T, options?: { readonly id?: string }): Promise<StoredVersion<T>>;

  /**
   * Conditional create: one match returns it, none creates, several throw 412. Decided by a unique claim,
   * so that parallel calls with one condition create once.
   */
  createIfNoneExist<T extends Resource>(resource: T, condition: SearchQuery): Promise<CreateResult<T>>;

  read<T extends Resource = Resource>(type: T['resourceType'], id: string): Promise<ReadResult<T>>;
  readVersion<T extends Resource = Resource>(
    type: T['resourceType'],
    id: string,
    versionId: string,
  ): Promise<ReadResult<T>>;

  /**
   * Writes the next version. Throws 412 when `ifMatch` (a bare version id) is not the current version;
   * 404 when it does not exist and `upsert` is not set. Updating a deleted resource brings it back.
   */
  update<T extends Resource & { id?: string }>(
    resource: T,
    options?: { readonly ifMatch?: string; readonly upsert?: boolean },
  ): Promise<UpdateResult<T>>;

  delete(type: ResourceType, id: string, options?: { readonly ifMatch?: string }): Promise<DeleteResult>;

  /** Versions of one resource, newest first. `total` counts those that the query leaves. */
  history(type: ResourceType, id: string, query: HistoryQuery): Promise<HistoryPage>;

  /** Versions of many resources, newest first. Following `next` gives each version that was there at the first page exactly once. */
  wideHistory(scope: HistoryScope, query: HistoryQuery): Promise<WideHistoryPage>;

  search(query: SearchQuery): Promise<SearchPage>;

  /** A patient's record, page by page, each resource once. Whether the patient exists or is visible is not asked: see read(). */
  patientRecord(query: RecordQuery): Promise<RecordPage>;

  /** The ids of the patients whom this actor's visibility reaches among those named. Used to check what a write refers to. */
  reachablePatients(patientIds: readonly string[]): Promise<ReadonlySet<string>>;

  /**
   * What ties somebody (a relative reference) to a patient, whoever may see it: something that is no Task, where there is such a thing, and
   * otherwise the newest Tasks. Enough to tell whether they take part in that care.
   */
  tying(patientId: string, reference: string): Promise<readonly StoredVersion[]>;

  /** Adds audit rows, all or none; resolves when they are durable. Inside a transaction they commit with it. */
  record(...entries: readonly AuditEntry[]): Promise<void>;

  /** The answer kept under a key, unless it has expired. */
  keptAnswer(key: AnswerKey): Promise<KeptAnswer | undefined>;

  /**
   * Keeps an answer for `answerLifetimeMs`, inside a transaction in the commit of its effect. Throws when the key is taken:
   * of two transactions with one key, one is undone.
   */
  keepAnswer(key: AnswerKey, answer: KeptAnswer): Promise<void>;

  /** What is kept of the import of a file, by its full path; undefined when nothing is. */
  importState(file: string): Promise<string | undefined>;

  /** Inside a transaction, in the commit of what was imported. Throws 409 when it is not at `from`: somebody else imports the file. */
  keepImportState(step: ImportStep): Promise<void>;

  /**
   * All or nothing, as if transactions ran one after another. `work` may await only the store it is given (anything slower
   * holds up every writer), and it may be run again from the start when another transaction came in between.
   * A throw rolls back. Nested calls roll back alone. Resolves after the commit is durable.
   */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;

  /** The same store, seen through a visibility: what is not visible is missing, from includes and totals too. */
  within(visibility: Visibility): Store;
}
