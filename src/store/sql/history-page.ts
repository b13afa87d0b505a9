// The versions of one resource. https://hl7.org/fhir/R4/http.html#history
// A version is shown to those who may see the current one and could have seen that version: a resource may have changed hands.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { Visibility } from '../../auth/actor.ts';
import type { RecordOwner } from '../../fhir/compartment.ts';
import { mayBeForThePersonAlone } from '../../fhir/for-the-person-alone.ts';
import { isKeptFrom, seesWhatIsOwn } from '../kept-from.ts';
import type { HistoryEntry, HistoryPage, HistoryQuery, ReadResult } from '../store.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { reachablePatients } from './reachable-patients.ts';
import { methods, type ResourceRow, versionOf } from './resource-rows.ts';
import type { Statements } from './statements.ts';
import type { StoreParts } from './store-parts.ts';
import type { Sight } from './visibility-sql.ts';

type VersionRow = Omit<ResourceRow, 'row_id' | 'id'>;

const columns = 'version, last_updated, method, body';
const methodNames = new Map<number, HistoryEntry['method']>([
  [methods.POST, 'POST'],
  [methods.PUT, 'PUT'],
  [methods.DELETE, 'DELETE'],
  [methods.PUT_BACK, 'PUT'],
]);

/** A version of a resource of this type, of which the current one may be shown. */
export interface AskedVersion {
  readonly type: ResourceType;
  readonly row: VersionRow & { readonly id: string };
}

/** Those versions that may be shown: what is asked of the database is asked for all of them at once. */
export function visibleAmong<T extends AskedVersion>(
  statements: Statements,
  versions: readonly T[],
  sight: Sight,
  parts: StoreParts,
): readonly T[] {
  const judged = versions.map((version) => ({ version, owners: ownersToReach(version, sight, parts) }));
  const asked = judged.flatMap(({ owners }) => (typeof owners === 'boolean' ? [] : owners));
  const reached = new Map(
    [...Map.groupBy(asked, ({ type }) => type)].map(([type, owners]) => {
      const ids = [...new Set(owners.map(({ id }) => id))];
      return [type, reachablePatients(statements, parts.dictionary, sight, ids, type)];
    }),
  );
  return judged
    .filter(({ owners }) =>
      typeof owners === 'boolean' ? owners : owners.some(({ type, id }) => reached.get(type)?.has(id)),
    )
    .map(({ version }) => version);
}

/** Whether the version may be shown; or the owners of whom one must be within reach. */
function ownersToReach(
  { type, row }: AskedVersion,
  sight: Sight,
  parts: StoreParts,
): boolean | readonly RecordOwner[] {
  const narrow = (visibility: Visibility) =>
    visibility.kind === 'limited' && visibility.patients.kind !== 'all';
  if (row.method === methods.DELETE) return true;
  // A version from before it was shared stays the person's own.
  if (
    mayBeForThePersonAlone(row.body) &&
    !sight.every(seesWhatIsOwn) &&
    isKeptFromAny(sight, versionOf(type, row).resource())
  ) {
    return false;
  }
  if (!sight.some(narrow)) return true;
  const owners = parts.compartment.ownersOf(versionOf(type, row).resource());
  return owners.length === 0
    ? sight.every((visibility) => visibility.kind === 'everything' || visibility.openTypes.has(type))
    : owners;
}

function isKeptFromAny(sight: Sight, resource: Resource): boolean {
  return sight.some((visibility) => isKeptFrom(visibility, resource));
}

function versionsBefore(
  statements: Statements,
  current: ResourceRow,
  version: number,
  count: number,
): readonly VersionRow[] {
  const older = statements.all<VersionRow>(
    `SELECT ${columns} FROM version WHERE row_id = ? AND version < ? ORDER BY version DESC LIMIT ?`,
    [current.row_id, version, count],
  );
  return version > current.version ? [current, ...older].slice(0, count) : older;
}

export function entryOf(type: ResourceType, id: string, row: VersionRow): HistoryEntry {
  return {
    method: methodNames.get(row.method) ?? 'PUT',
    created: row.version === 1 || row.method === methods.PUT_BACK,
    resourceType: type,
    id,
    versionId: String(row.version),
    lastUpdated: new Date(row.last_updated).toISOString(),
    ...(row.method !== methods.DELETE && { json: row.body }),
  };
}

/** Was the version stored since, and current at some time in the interval? `nextMs`: when the version after it was stored. */
function isAsked(row: VersionRow, nextMs: number | undefined, { sinceMs, at }: HistoryQuery): boolean {
  return (
    (sinceMs === undefined || row.last_updated >= sinceMs) &&
    (at === undefined || (row.last_updated < at.untilMs && (nextMs === undefined || nextMs > at.fromMs)))
  );
}

export function historyPage(
  statements: Statements,
  type: ResourceType,
  current: ResourceRow,
  query: HistoryQuery,
  sight: Sight,
  parts: StoreParts,
): HistoryPage {
  const seenOf = (rows: readonly VersionRow[]) => {
    const versions = rows.map((row) => ({ type, row: { ...row, id: current.id } }));
    return visibleAmong(statements, versions, sight, parts).map(({ row }) => row);
  };
  const from = query.cursor === undefined ? current.version + 1 : readCursor(query.cursor, 0).rowId;
  const isWhole = query.sinceMs === undefined && query.at === undefined;
  // Versions have no holes, so that the newest number is their count, as long as none is hidden or left out.
  const all =
    isWhole && !sight.some(({ kind }) => kind === 'limited')
      ? undefined
      : seenOf(
          versionsBefore(statements, current, current.version + 1, current.version).filter((row, at, rows) =>
            isAsked(row, rows[at - 1]?.last_updated, query),
          ),
        );
  const rows =
    all === undefined
      ? versionsBefore(statements, current, from, query.count + 1)
      : all.filter(({ version }) => version < from).slice(0, query.count + 1);
  const shown = rows.slice(0, query.count);
  const last = shown.at(-1);
  return {
    entries: shown.map((row) => entryOf(type, current.id, row)),
    total: all?.length ?? current.version,
    ...(rows.length > query.count &&
      last !== undefined && { next: writeCursor({ keys: [], rowId: last.version }) }),
  };
}

export function readOldVersion<T extends Resource>(
  statements: Statements,
  type: T['resourceType'],
  current: ResourceRow,
  versionId: string,
  sight: Sight,
  parts: StoreParts,
): ReadResult<T> {
  const version = /^[1-9]\d{0,14}$/.test(versionId) ? Number(versionId) : 0;
  const [row] = version > current.version ? [] : versionsBefore(statements, current, version + 1, 1);
  if (row?.version !== version) return { kind: 'missing' };
  const asked: AskedVersion = { type, row: { ...row, id: current.id } };
  if (visibleAmong(statements, [asked], sight, parts).length === 0) return { kind: 'missing' };
  return row.method === methods.DELETE
    ? { kind: 'gone', versionId, lastUpdated: new Date(row.last_updated).toISOString() }
    : { kind: 'found', version: versionOf<T>(type, { ...row, id: current.id }) };
}
