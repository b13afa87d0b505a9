// The versions of all resources of one type, or of several, newest first. https://hl7.org/fhir/R4/http.html#history
// A version keeps its place (time, row, version) when it is superseded, so that pages neither skip nor repeat one.
import type { ResourceType } from '@medplum/fhirtypes';
import type { HistoryQuery, HistoryScope, WideHistoryPage } from '../store.ts';
import { type Position, readCursor, writeCursor } from './cursor.ts';
import { allOf, type Fragment, fragment, nothing, valuesOf } from './fragment.ts';
import { type AskedVersion, entryOf, visibleAmong } from './history-page.ts';
import { type ResourceRow, rowColumns } from './resource-rows.ts';
import type { Statements } from './statements.ts';
import type { StoreParts } from './store-parts.ts';
import { type Sight, unknownId, visibleSql } from './visibility-sql.ts';

/** Where a version stands in the order. */
interface Place {
  readonly type_id: number;
  readonly row_id: number;
  readonly version: number;
  readonly last_updated: number;
}

/** What is asked for, with the place after which the page begins. */
type Walk = HistoryQuery & { readonly after?: Position };

/** One list of versions in order: the current ones, those of deletions, or the superseded ones. */
interface Arm {
  readonly from: Fragment;
  /** The table whose columns are the place. */
  readonly alias: 'r' | 'v';
  readonly where: Fragment;
}

const compare = (a: Place, b: Place) =>
  b.last_updated - a.last_updated || b.row_id - a.row_id || b.version - a.version;

/** A type of which something is stored. */
interface StoredType {
  readonly type: ResourceType;
  readonly typeId: number;
  readonly hasDeleted: boolean;
  readonly hasVersions: boolean;
}

/** Rows of one patient's record are few and have an index; what is everybody's, or open, is walked from the newest. */
function armsOf(
  { type, typeId, hasDeleted, hasVersions }: StoredType,
  sight: Sight,
  parts: StoreParts,
  statements: Statements,
): readonly Arm[] {
  const current = (deleted: number): Arm => ({
    from: fragment('resource r'),
    alias: 'r',
    where: fragment('r.type_id = ? AND r.deleted = ?', typeId, deleted),
  });
  const own = sight.find((each) => each.kind === 'limited' && each.patients.kind === 'own');
  if (own?.kind !== 'limited' || own.patients.kind !== 'own' || own.openTypes.has(type)) {
    const superseded: Arm = {
      from: fragment('version v'),
      alias: 'v',
      where: fragment('v.type_id = ?', typeId),
    };
    return [current(0), ...(hasDeleted ? [current(1)] : []), ...(hasVersions ? [superseded] : [])];
  }
  const target = { kind: 'local', type: 'Patient', id: own.patients.patientId } as const;
  const patientId = parts.dictionary.findTarget(statements, target) ?? unknownId;
  const record = fragment(
    '(SELECT row_id FROM timeline WHERE patient_id = ? AND type_id = ? UNION SELECT row_id FROM resource WHERE type_id = ? AND deleted = 1) d',
    patientId,
    typeId,
    typeId,
  );
  const join = (table: string): Fragment => ({
    sql: `${record.sql} CROSS JOIN ${table} ON ${table.slice(-1)}.row_id = d.row_id`,
    values: record.values,
  });
  return [
    { from: join('resource r'), alias: 'r', where: fragment('TRUE') },
    ...(hasVersions ? [{ from: join('version v'), alias: 'v' as const, where: fragment('TRUE') }] : []),
  ];
}

/** The conditions of the query itself. A version was current until the next one was stored. */
function asked(alias: 'r' | 'v', { sinceMs, at, after }: Walk): Fragment {
  const parts: Fragment[] = [];
  if (after !== undefined) {
    const { keys, rowId } = after;
    const [time = null, version = null] = keys;
    parts.push(
      fragment(
        `${alias}.last_updated <= ? AND (${alias}.last_updated, ${alias}.row_id, ${alias}.version) < (?, ?, ?)`,
        time,
        time,
        rowId,
        version,
      ),
    );
  }
  if (sinceMs !== undefined) {
    parts.push(fragment(`${alias}.last_updated >= ?`, sinceMs));
  }
  if (at !== undefined) {
    parts.push(fragment(`${alias}.last_updated < ?`, at.untilMs));
    if (alias === 'v') {
      parts.push(
        fragment(
          `coalesce((SELECT n.last_updated FROM version n WHERE n.row_id = v.row_id AND n.version = v.version + 1),
            (SELECT n.last_updated FROM resource n WHERE n.row_id = v.row_id)) > ?`,
          at.fromMs,
        ),
      );
    }
  }
  return allOf(parts);
}

const placeColumns = ['last_updated', 'row_id', 'version'];
const inOrder = (prefix = '') => placeColumns.map((name) => `${prefix}${name} DESC`).join(', ');

/** The first places of one arm; undefined when there are none. */
function placesSql(
  { alias, from, where }: Arm,
  visible: Fragment | undefined,
  query: Walk,
): Fragment | undefined {
  const conditions = allOf([where, asked(alias, query), ...(visible === undefined ? [] : [visible])]);
  if (conditions === nothing) return undefined;
  const columns = ['type_id', ...placeColumns].map((name) => `${alias}.${name}`).join(', ');
  return {
    sql: `SELECT * FROM (SELECT ${columns} FROM ${from.sql} WHERE ${conditions.sql} ORDER BY ${inOrder(`${alias}.`)} LIMIT ?)`,
    values: [...valuesOf(from, conditions), query.count + 1],
  };
}

/** Those of the types of which anything is stored: most of R4 is never used, and each type has lists of its own. */
function storedAmong(
  types: readonly ResourceType[],
  { dictionary }: StoreParts,
  statements: Statements,
): readonly StoredType[] {
  const rows = statements.all<{ type_id: number; has_deleted: number; has_versions: number }>(
    `WITH RECURSIVE stored(type_id) AS (
       SELECT min(r.type_id) FROM resource r
       UNION ALL
       SELECT (SELECT min(r.type_id) FROM resource r WHERE r.type_id > s.type_id) FROM stored s WHERE s.type_id IS NOT NULL)
     SELECT s.type_id,
            CAST(EXISTS (SELECT 1 FROM resource r WHERE r.type_id = s.type_id AND r.deleted = 1) AS INTEGER) AS has_deleted,
            CAST(EXISTS (SELECT 1 FROM version v WHERE v.type_id = s.type_id) AS INTEGER) AS has_versions
       FROM stored s WHERE s.type_id IS NOT NULL`,
    [],
  );
  const byId = new Map(rows.map((row) => [row.type_id, row]));
  return types.flatMap((type) => {
    const row = byId.get(dictionary.findTerm(statements, type) ?? unknownId);
    return row === undefined
      ? []
      : [
          {
            type,
            typeId: row.type_id,
            hasDeleted: row.has_deleted === 1,
            hasVersions: row.has_versions === 1,
          },
        ];
  });
}

/** Lists that one statement puts together: SQLite takes 500 at most. */
const mostLists = 60;

/** The first places of all lists together, in order; one more than asked for, when there is one. */
function firstPlaces(
  types: readonly StoredType[],
  query: Walk,
  sight: Sight,
  parts: StoreParts,
  statements: Statements,
): readonly Place[] {
  const lists = types.flatMap((stored) =>
    armsOf(stored, sight, parts, statements).flatMap((arm) => {
      const row = { column: `${arm.alias}.row_id` };
      return placesSql(arm, visibleSql(sight, stored.type, row, parts.dictionary, statements), query) ?? [];
    }),
  );
  const places: Place[] = [];
  for (let from = 0; from < lists.length; from += mostLists) {
    const some = lists.slice(from, from + mostLists);
    const sql = `${some.map((list) => list.sql).join(' UNION ALL ')} ORDER BY ${inOrder()} LIMIT ?`;
    places.push(...statements.all<Place>(sql, [...valuesOf(...some), query.count + 1]));
  }
  return places.sort(compare).slice(0, query.count + 1);
}

/** The rows of the versions in these places, in their order; each kind by one statement. */
function rowsAt(places: readonly Place[], statements: Statements): readonly (Place & { row: ResourceRow })[] {
  const { numbersIn, textsIn } = statements.dialect;
  const nameOf = ({ row_id, version }: Pick<Place, 'row_id' | 'version'>) => `${row_id}/${version}`;
  const read = (columns: string, from: string, alias: 'r' | 'v', some: readonly Place[]) =>
    some.length === 0
      ? []
      : statements.all<ResourceRow>(
          `SELECT ${columns} FROM ${numbersIn} j CROSS JOIN ${from}
            WHERE (${alias}.row_id || '/' || ${alias}.version) IN (SELECT n.value FROM ${textsIn} n)`,
          [JSON.stringify([...new Set(some.map(({ row_id }) => row_id))]), JSON.stringify(some.map(nameOf))],
        );
  const current = read(rowColumns('r'), 'resource r ON r.row_id = j.value', 'r', places);
  const byName = new Map(current.map((row) => [nameOf(row), row]));
  const old = read(
    'v.row_id, r.id, v.version, v.last_updated, v.method, v.body',
    'version v ON v.row_id = j.value CROSS JOIN resource r ON r.row_id = v.row_id',
    'v',
    places.filter((place) => !byName.has(nameOf(place))),
  );
  for (const row of old) byName.set(nameOf(row), row);
  return places.flatMap((place) => {
    const row = byName.get(nameOf(place));
    return row === undefined ? [] : [{ ...place, row }];
  });
}

/** A page is shorter than asked for where versions in it are hidden from the actor; `next` goes on behind it. */
export function wideHistoryPage(
  statements: Statements,
  scope: HistoryScope,
  query: HistoryQuery,
  sight: Sight,
  parts: StoreParts,
): WideHistoryPage {
  // Looked at even when nothing is stored: a link is right or wrong whatever there is.
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, 2);
  const walk: Walk = { ...query, ...(after !== undefined && { after }) };
  const types = storedAmong(scope.kind === 'type' ? [scope.type] : scope.types, parts, statements);
  const names = new Map(types.map(({ type, typeId }) => [typeId, type]));
  const places = firstPlaces(types, walk, sight, parts, statements);
  const page = places.slice(0, query.count);
  const last = page.at(-1);
  const versions = rowsAt(page, statements).flatMap(({ type_id, row }): AskedVersion[] => {
    const type = names.get(type_id);
    return type === undefined ? [] : [{ type, row }];
  });
  return {
    entries: visibleAmong(statements, versions, sight, parts).map(({ type, row }) =>
      entryOf(type, row.id, row),
    ),
    ...(places.length > query.count &&
      last !== undefined && {
        next: writeCursor({ keys: [last.last_updated, last.version], rowId: last.row_id }),
      }),
  };
}
