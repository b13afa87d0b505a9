// The resources of one type as they were at an instant, in the order of their ids: the rows that an export reads. What a person
// keeps to themselves is in no export.
import type { Resource, ResourceType } from '@medplum/fhirtypes';
import type { ExportReach } from '../../bulk/export-job.ts';
import type { SnapshotAsk, SnapshotPage } from '../../bulk/export-store.ts';
import { isForThePersonAlone, mayBeForThePersonAlone } from '../../fhir/for-the-person-alone.ts';
import { type Fragment, fragment } from './fragment.ts';
import { methods, type ResourceRow, versionOf } from './resource-rows.ts';
import type { Statements } from './statements.ts';
import type { StoreParts } from './store-parts.ts';

type Parts = Pick<StoreParts, 'dictionary' | 'compartment'>;
type VersionRow = Omit<ResourceRow, 'row_id'>;
/** The body only of a row that is wanted as it stands: the rest is looked at and passed by. */
type WindowRow = Omit<ResourceRow, 'body'> & { readonly body: string | null; readonly is_in_reach: number };

function reachSql(reach: ExportReach, parts: Parts, statements: Statements): Fragment {
  switch (reach.kind) {
    case 'everything':
      return fragment(
        'NOT EXISTS (SELECT 1 FROM compartment c WHERE c.row_id = r.row_id AND c.is_private IN (1, 3))',
      );
    case 'all-patients':
      return fragment('EXISTS (SELECT 1 FROM compartment c WHERE c.row_id = r.row_id AND c.is_private = 0)');
    case 'patients': {
      const targets = reach.ids.flatMap(
        (id) => parts.dictionary.findTarget(statements, { kind: 'local', type: 'Patient', id }) ?? [],
      );
      return fragment(
        `EXISTS (SELECT 1 FROM compartment c WHERE c.row_id = r.row_id AND c.is_private = 0 AND c.patient_id IN (SELECT j.value FROM ${statements.dialect.numbersIn} j))`,
        JSON.stringify(targets),
      );
    }
  }
}

/** The compartment's rows tell of the current version; an older one may have been about somebody else. */
function wasInReach(type: ResourceType, row: VersionRow, reach: ExportReach, parts: Parts): boolean {
  if (reach.kind === 'everything' && !mayBeForThePersonAlone(row.body)) {
    return true;
  }
  const resource = versionOf<Resource>(type, row).resource();
  if (isForThePersonAlone(resource)) return false;
  if (reach.kind === 'everything') return true;
  const patients = parts.compartment.patientsOf(resource);
  return reach.kind === 'all-patients' ? patients.length > 0 : patients.some((id) => reach.ids.includes(id));
}

/** Of the rows that were changed since the instant: the versions that were current then, by row. One statement for all of them. */
function olderVersions(
  statements: Statements,
  { atMs }: SnapshotAsk,
  rows: readonly WindowRow[],
): ReadonlyMap<number, Omit<ResourceRow, 'id'>> {
  const changed = rows.filter(({ last_updated }) => last_updated > atMs).map(({ row_id }) => row_id);
  if (changed.length === 0) return new Map();
  const versions = statements.all<Omit<ResourceRow, 'id'>>(
    `SELECT v.row_id, v.version, v.last_updated, v.method, v.body
       FROM ${statements.dialect.numbersIn} j CROSS JOIN version v ON v.row_id = j.value
      WHERE v.version = (SELECT max(n.version) FROM version n WHERE n.row_id = v.row_id AND n.last_updated <= ?)`,
    [JSON.stringify(changed), atMs],
  );
  return new Map(versions.map((version) => [version.row_id, version]));
}

/** The version that was current at the instant; undefined when there was none yet, or out of reach. */
function versionAt(
  ask: SnapshotAsk,
  row: WindowRow,
  older: ReturnType<typeof olderVersions>,
  parts: Parts,
): VersionRow | undefined {
  if (row.last_updated <= ask.atMs) {
    return row.is_in_reach === 1 ? { ...row, body: row.body ?? '' } : undefined;
  }
  const then = older.get(row.row_id);
  if (then === undefined) {
    return undefined;
  }
  const version = { ...then, id: row.id };
  // Of a deletion only the type and id are known; whose it was, the compartment still says.
  const isInReach =
    then.method === methods.DELETE ? row.is_in_reach === 1 : wasInReach(ask.type, version, ask.reach, parts);
  return isInReach ? version : undefined;
}

export function snapshotPage(statements: Statements, ask: SnapshotAsk, parts: Parts): SnapshotPage {
  const typeId = parts.dictionary.findTerm(statements, ask.type);
  if (typeId === undefined) {
    return { resources: [], deleted: [] };
  }
  const since = ask.sinceMs ?? -1;
  const reach = reachSql(ask.reach, parts, statements);
  const rows = statements.all<WindowRow>(
    `SELECT w.*, CASE WHEN is_in_reach = 1 AND last_updated > ? AND last_updated <= ?
                      THEN (SELECT body FROM resource b WHERE b.row_id = w.row_id) END AS body
       FROM (SELECT r.row_id, r.id, r.version, r.last_updated, r.method, CAST(${reach.sql} AS INTEGER) AS is_in_reach
               FROM resource r WHERE r.type_id = ? AND r.id > ? ORDER BY r.id LIMIT ?) w`,
    [since, ask.atMs, ...reach.values, typeId, ask.afterId, ask.count],
  );
  const older = olderVersions(statements, ask, rows);
  const versions = rows
    .flatMap((row) => versionAt(ask, row, older, parts) ?? [])
    .filter((version) => version.last_updated > since);
  const isDeletion = ({ method }: VersionRow) => method === methods.DELETE;
  const lastId = rows.at(-1)?.id;
  return {
    resources: versions.filter((version) => !isDeletion(version)).map(({ body }) => body),
    deleted: ask.sinceMs === undefined ? [] : versions.filter(isDeletion).map(({ id }) => id),
    ...(rows.length === ask.count && lastId !== undefined && { lastId }),
  };
}
