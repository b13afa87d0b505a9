// The rows of resources and their versions: one current row each, superseded versions beside it, an outbox row per change.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import { copyExact, parseWritten, toJson } from '../../fhir/json.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { StoredVersion } from '../store.ts';
import type { Dictionary } from './dictionary.ts';
import { type Fragment, fragment } from './fragment.ts';
import { type IndexRowMaker, removeIndexRows } from './index-rows.ts';
import type { RowWriter } from './row-writer.ts';
import type { Statements } from './statements.ts';

/** HTTP methods as they are stored. A PUT that brings back what was deleted is one of its own: its answer is another (201). */
export const methods = { POST: 1, PUT: 2, DELETE: 3, PUT_BACK: 4 } as const;

export interface ResourceRow {
  readonly row_id: number;
  readonly id: string;
  readonly version: number;
  readonly last_updated: number;
  readonly method: number;
  readonly body: string;
}

const columnsButText = (alias: string) =>
  ['row_id', 'id', 'version', 'last_updated', 'method'].map((name) => `${alias}.${name}`).join(', ');

export const rowColumns = (alias: string) => `${columnsButText(alias)}, ${alias}.body`;

const always = fragment('TRUE');
const current = 'FROM resource r WHERE r.type_id = ? AND r.id = ? AND';
const currentRow = `SELECT ${rowColumns('r')} ${current}`;
const currentVersion = `SELECT ${columnsButText('r')} ${current}`;

/** Why this says that their texts are the same: kept-definitions.ts. */
const isSameVersion = (row: Omit<ResourceRow, 'body'>, other: Omit<ResourceRow, 'body'>): boolean =>
  row.row_id === other.row_id && row.version === other.version && row.last_updated === other.last_updated;

const instant = (ms: number) => new Date(ms).toISOString();

type VersionRow = Omit<ResourceRow, 'method' | 'row_id'>;

/** A search gives many versions and needs their text alone: whatever else is asked for is made when it is asked for. */
class RowVersion<T extends Resource> implements StoredVersion<T> {
  readonly resourceType: T['resourceType'];
  readonly id: string;
  readonly json: string;
  readonly #row: VersionRow;
  #parsed: T | undefined;

  constructor(type: T['resourceType'], row: VersionRow, parsed: T | undefined) {
    this.resourceType = type;
    this.id = row.id;
    this.json = row.body;
    this.#row = row;
    this.#parsed = parsed;
  }
  get versionId(): string {
    return String(this.#row.version);
  }
  get lastUpdated(): string {
    return instant(this.#row.last_updated);
  }
  resource(): T {
    this.#parsed ??= parseWritten(this.json) as T;
    return this.#parsed;
  }
}

/** The version as a client gets it; `parsed` when the resource is at hand already. */
export function versionOf<T extends Resource>(
  type: T['resourceType'],
  row: VersionRow,
  parsed?: T,
): StoredVersion<T> {
  return new RowVersion(type, row, parsed);
}

export interface ResourceRows {
  /** The current row, deleted ones too; `where` is a further condition on the row `r`. `known` is given back when it still stands. */
  find(
    statements: Statements,
    type: string,
    id: string,
    where?: Fragment,
    known?: ResourceRow,
  ): ResourceRow | undefined;
  /** Writes version 1. */
  insert<T extends Resource>(
    statements: Statements,
    resource: T,
    id: string,
    method: number,
  ): StoredVersion<T>;
  /** Writes the version after `current`, which may be a deletion. */
  replace<T extends Resource>(statements: Statements, resource: T, current: ResourceRow): StoredVersion<T>;
  /** Writes a deletion after `current`. */
  markDeleted(
    statements: Statements,
    type: ResourceType,
    current: ResourceRow,
  ): { versionId: string; lastUpdated: string };
}

export interface ResourceRowParts {
  readonly dictionary: Dictionary;
  readonly indexRows: IndexRowMaker;
  readonly writer: RowWriter;
  readonly clock: Clock;
}

export function createResourceRows({ dictionary, indexRows, writer, clock }: ResourceRowParts): ResourceRows {
  /** Time never goes back for one resource, even when the clock does. */
  const nextInstant = (previous?: number) => Math.max((previous ?? 0) + 1, clock.now().getTime());

  const stamped = <T extends Resource>(resource: T, id: string, version: number, at: number): T => {
    const { resourceType, id: _id, meta, ...rest } = resource;
    const stamp = { ...meta, versionId: String(version), lastUpdated: instant(at) };
    return copyExact(resource, { resourceType, id, meta: stamp, ...rest } as T);
  };

  return {
    find(statements, type, id, where = always, known) {
      const typeId = dictionary.findTerm(statements, type);
      if (typeId === undefined) return undefined;
      const get = <Row extends object>(columns: string) =>
        statements.get<Row>(`${columns} ${where.sql}`, typeId, id, ...where.values);
      if (known !== undefined) {
        const standing = get<Omit<ResourceRow, 'body'>>(currentVersion);
        if (standing === undefined) return undefined;
        if (isSameVersion(standing, known)) return known;
      }
      return get<ResourceRow>(currentRow);
    },

    insert(statements, resource, id, method) {
      const typeId = dictionary.termId(statements, resource.resourceType);
      const at = nextInstant();
      const next = stamped(resource, id, 1, at);
      const body = toJson(next);
      writer.insertResource(
        statements,
        { typeId, id, lastUpdated: at, method, body },
        indexRows.rowsOf(statements, typeId, next),
      );
      return versionOf(resource.resourceType, { id, version: 1, last_updated: at, body }, next);
    },

    replace(statements, resource, current) {
      const typeId = dictionary.termId(statements, resource.resourceType);
      const [version, at] = [current.version + 1, nextInstant(current.last_updated)];
      const next = stamped(resource, current.id, version, at);
      const body = toJson(next);
      const index = indexRows.rowsOf(statements, typeId, next);
      const rowId = current.row_id;
      const method = current.method === methods.DELETE ? methods.PUT_BACK : methods.PUT;
      writer.replaceResource(
        statements,
        { rowId, version, lastUpdated: at, method, isDeleted: false, body },
        index,
      );
      const timeline = indexRows.timelineOf(statements, rowId, resource.resourceType);
      writer.replaceIndexRows(statements, rowId, index, timeline);
      return versionOf(resource.resourceType, { id: current.id, version, last_updated: at, body }, next);
    },

    markDeleted(statements, type, current) {
      const [version, at] = [current.version + 1, nextInstant(current.last_updated)];
      const rowId = current.row_id;
      writer.replaceResource(
        statements,
        { rowId, version, lastUpdated: at, method: methods.DELETE, isDeleted: true, body: '' },
        undefined,
      );
      // Whose record it was stays known.
      removeIndexRows(statements, rowId, indexRows.timelineOf(statements, rowId, type), 'compartment');
      statements.run('DELETE FROM claim WHERE row_id = ?', rowId);
      return { versionId: String(version), lastUpdated: instant(at) };
    },
  };
}
