// The operations of the port over one session and one visibility.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import { invalid, multipleMatches, notFound, versionMismatch } from '../../fhir/error.ts';
import type { SearchQuery } from '../../fhir/search-query.ts';
import type { CreateResult, DeleteResult, ReadResult, Store, StoredVersion, UpdateResult } from '../store.ts';
import { findAnswer, keepAnswer } from './answer-rows.ts';
import { addAudit } from './audit-rows.ts';
import { claimCondition } from './claim-rows.ts';
import { historyPage, readOldVersion } from './history-page.ts';
import { findImportState, keepImportState } from './import-rows.ts';
import { reachablePatients } from './reachable-patients.ts';
import { recordPage } from './record-page.ts';
import { methods, type ResourceRow, versionOf } from './resource-rows.ts';
import { searchPage } from './search-page.ts';
import type { Session } from './session.ts';
import type { Statements } from './statements.ts';
import type { StoreParts } from './store-parts.ts';
import { tyingRows } from './tying-rows.ts';
import type { FilterContext } from './value-sql.ts';
import { type Sight, visibleSql } from './visibility-sql.ts';
import { wideHistoryPage } from './wide-history-page.ts';

const instant = (ms: number) => new Date(ms).toISOString();

/** `isCommitted`: it shows what is committed and nothing else, as no store inside a transaction does. */
export function storeOver(session: Session, sight: Sight, parts: StoreParts, isCommitted = true): Store {
  const { rows, newId, dictionary, registry, clock, keptDefinitions } = parts;

  const contextFor = (type: string, statements: Statements): FilterContext => ({
    type,
    statements,
    dictionary,
    registry,
    nowMs: clock.now().getTime(),
    sight,
    compiled: new Map(),
  });

  /** The current row, deleted ones too, when the actor may see it. */
  const findVisible = (
    statements: Statements,
    type: ResourceType,
    id: string,
    known?: ResourceRow,
  ): ResourceRow | undefined => {
    const visible = visibleSql(sight, type, { column: 'r.row_id' }, dictionary, statements);
    return rows.find(statements, type, id, visible, known);
  };

  const assertMatch = (row: ResourceRow, ifMatch: string | undefined) => {
    if (ifMatch !== undefined && ifMatch !== String(row.version)) {
      throw versionMismatch(
        `The current version is ${row.version}, not ${ifMatch}. Read it again and repeat the change.`,
      );
    }
  };

  const update = <T extends Resource & { id?: string }>(
    statements: Statements,
    resource: T,
    options: { readonly ifMatch?: string; readonly upsert?: boolean },
  ): UpdateResult<T> => {
    const type: T['resourceType'] = resource.resourceType;
    if (resource.id === undefined || resource.id === '') {
      throw invalid('An update needs the id of the resource.', `${type}.id`);
    }
    const row = findVisible(statements, type, resource.id);
    if (row === undefined) {
      // The id of a resource that this actor cannot see gets the answer of one that is not there.
      if (options.upsert !== true || rows.find(statements, type, resource.id) !== undefined) {
        throw notFound(`${type}/${resource.id} does not exist.`);
      }
      if (options.ifMatch !== undefined) {
        throw versionMismatch(
          `${type}/${resource.id} does not exist, so that it has no version ${options.ifMatch}.`,
        );
      }
      return { version: rows.insert(statements, resource, resource.id, methods.PUT), created: true };
    }
    assertMatch(row, options.ifMatch);
    return { version: rows.replace(statements, resource, row), created: row.method === methods.DELETE };
  };

  const createIfNoneExist = <T extends Resource>(
    statements: Statements,
    resource: T,
    condition: SearchQuery,
    id: string,
  ): CreateResult<T> => {
    const only: SearchQuery = { ...condition, count: 2, sort: [], include: [], revinclude: [], total: false };
    const { matches } = searchPage(only, contextFor(condition.type, statements));
    const [first] = matches;
    if (matches.length > 1) {
      throw multipleMatches(`More than one ${condition.type} matches If-None-Exist; nothing was created.`);
    }
    if (first !== undefined) {
      return { kind: 'matched', version: first as StoredVersion<T> };
    }
    const version = rows.insert(statements, resource, id, methods.POST);
    claimCondition(statements, dictionary, { condition, sight, id });
    return { kind: 'created', version };
  };

  const remove = (
    statements: Statements,
    type: ResourceType,
    id: string,
    ifMatch: string | undefined,
  ): DeleteResult => {
    const row = findVisible(statements, type, id);
    if (row === undefined) {
      return { kind: 'missing' };
    }
    if (row.method === methods.DELETE) {
      return { kind: 'already-gone', versionId: String(row.version), lastUpdated: instant(row.last_updated) };
    }
    assertMatch(row, ifMatch);
    return { kind: 'deleted', ...rows.markDeleted(statements, type, row) };
  };

  return {
    create(resource, options = {}) {
      // A new id is not looked for: were it taken after all, the table itself would refuse it. On PostgreSQL two transactions that
      // look for new ids, which lie side by side in the index, would not stand beside each other.
      const own = options.id ?? newId();
      return session.write((statements) => rows.insert(statements, resource, own, methods.POST));
    },

    createIfNoneExist(resource, condition) {
      const id = newId();
      return session.write((statements) => createIfNoneExist(statements, resource, condition, id));
    },

    async read<T extends Resource>(type: T['resourceType'], id: string): Promise<ReadResult<T>> {
      const known = keptDefinitions.find(type, id);
      const row = await session.lookUp((statements) => findVisible(statements, type, id, known));
      if (row === undefined) {
        return { kind: 'missing' };
      }
      if (isCommitted) keptDefinitions.keep(type, row);
      return row.method === methods.DELETE
        ? { kind: 'gone', versionId: String(row.version), lastUpdated: instant(row.last_updated) }
        : { kind: 'found', version: versionOf<T>(type, row) };
    },

    readVersion: <T extends Resource>(type: T['resourceType'], id: string, versionId: string) =>
      session.read((statements): ReadResult<T> => {
        const row = findVisible(statements, type, id);
        return row === undefined
          ? { kind: 'missing' }
          : readOldVersion<T>(statements, type, row, versionId, sight, parts);
      }),

    update: (resource, options = {}) => session.write((statements) => update(statements, resource, options)),

    delete: (type, id, options = {}) =>
      session.write((statements) => remove(statements, type, id, options.ifMatch)),

    history: (type, id, page) =>
      session.read((statements) => {
        const row = findVisible(statements, type, id);
        return row === undefined
          ? { entries: [], total: 0 }
          : historyPage(statements, type, row, page, sight, parts);
      }),

    wideHistory: (scope, query) =>
      session.read((statements) => wideHistoryPage(statements, scope, query, sight, parts)),

    search: (query) => session.read((statements) => searchPage(query, contextFor(query.type, statements))),

    patientRecord: (query) =>
      session.read((statements) => recordPage(query, sight, contextFor('Patient', statements))),

    reachablePatients: (patientIds) =>
      session.lookUp((statements) => reachablePatients(statements, dictionary, sight, patientIds)),

    tying: (patientId, reference) =>
      session.lookUp((statements) => tyingRows(statements, dictionary, patientId, reference)),

    record(...entries) {
      const add = (statements: Statements) => addAudit(statements, dictionary, entries);
      return entries.length === 1 ? session.append(add) : session.write(add);
    },

    keptAnswer: (key) => session.lookUp((statements) => findAnswer(statements, key, clock.now().getTime())),

    keepAnswer: (key, answer) =>
      session.write((statements) => keepAnswer(statements, key, answer, clock.now().getTime())),

    importState: (file) => session.lookUp((statements) => findImportState(statements, file)),

    keepImportState: (step) => session.write((statements) => keepImportState(statements, step)),

    transaction: (work) => session.transaction((inner) => work(storeOver(inner, sight, parts, false))),

    // Visibilities add up: a limited store can only be limited further.
    within: (visibility) => storeOver(session, [...sight, visibility], parts, isCommitted),
  };
}
