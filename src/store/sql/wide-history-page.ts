// The versions of all resources of one type, or of several, newest first. https://hl7.org/fhir/R4/http.html#history
// A version keeps its place (time, row, version) when it is superseded, so that pages neither skip nor repeat one.
import type { Resource } from '@medplum/fhirtypes';
import type { HistoryQuery, HistoryScope, WideHistoryPage } from '../store.ts';
import { type Position, readCursor, writeCursor } from './cursor.ts';
import { allOf, type Fragment, fragment, nothing, valuesOf } from './fragment.ts';
import { couldSee, entryOf } from './history-page.ts';
import { type ResourceRow, rowColumns } from './resource-rows.ts';
import type { Bindable, Statements } from './statements.ts';
import type { StoreParts } from './store-parts.ts';
import { type Sight, unknownId, visibleSql } from './visibility-sql.ts';

/** Where a version stands in the order. */
interface Place {
  readonly row_id: number;
  readonly version: number;
  readonly last_updated: number;
}
type TypedPlace = Place & { readonly type: Resource['resourceType'] };

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

/** Rows of one patient's record are few and have an index; what is everybody's, or open, is walked from the newest. */
function armsOf(
  type: string,
  typeId: number,
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
    return [
      current(0),
      current(1),
      { from: fragment('version v'), alias: 'v', where: fragment('v.type_id = ?', typeId) },
    ];
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
    { from: join('version v'), alias: 'v', where: fragment('TRUE') },
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

function placesIn(arm: Arm, visible: Fragment | undefined, query: Walk, statements: Statements) {
  const { alias, from } = arm;
  const where = allOf([arm.where, asked(alias, query), ...(visible === undefined ? [] : [visible])]);
  const columns = ['row_id', 'version', 'last_updated'].map((name) => `${alias}.${name}`);
  const order = [`${alias}.last_updated DESC`, `${alias}.row_id DESC`, `${alias}.version DESC`].join(', ');
  return where === nothing
    ? []
    : statements.all<Place>(
        `SELECT ${columns.join(', ')} FROM ${from.sql} WHERE ${where.sql} ORDER BY ${order} LIMIT ?`,
        [...valuesOf(from, where), query.count + 1],
      );
}

function placesOfType(
  type: Resource['resourceType'],
  query: Walk,
  sight: Sight,
  parts: StoreParts,
  statements: Statements,
): readonly TypedPlace[] {
  const typeId = parts.dictionary.findTerm(statements, type);
  if (typeId === undefined) {
    return [];
  }
  return armsOf(type, typeId, sight, parts, statements).flatMap((arm) => {
    const visible = visibleSql(sight, type, { column: `${arm.alias}.row_id` }, parts.dictionary, statements);
    return placesIn(arm, visible, query, statements).map((place) => ({ ...place, type }));
  });
}

/** The row of a version, current or not. */
function rowAt({ row_id, version }: Place, statements: Statements): ResourceRow | undefined {
  const values: Bindable[] = [row_id, version];
  const [current] = statements.all<ResourceRow>(
    `SELECT ${rowColumns('r')} FROM resource r WHERE r.row_id = ? AND r.version = ?`,
    values,
  );
  if (current !== undefined) {
    return current;
  }
  const [old] = statements.all<ResourceRow>(
    `SELECT v.row_id, r.id, v.version, v.last_updated, v.method, v.body
       FROM version v JOIN resource r ON r.row_id = v.row_id WHERE v.row_id = ? AND v.version = ?`,
    values,
  );
  return old;
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
  const types = scope.kind === 'type' ? [scope.type] : scope.types;
  const places = types.flatMap((type) => placesOfType(type, walk, sight, parts, statements)).sort(compare);
  const page = places.slice(0, query.count);
  const last = page.at(-1);
  const entries = page.flatMap((place) => {
    const row = rowAt(place, statements);
    return row !== undefined && couldSee(statements, place.type, row, sight, parts)
      ? [entryOf(place.type, row.id, row)]
      : [];
  });
  return {
    entries,
    ...(places.length > query.count &&
      last !== undefined && {
        next: writeCursor({ keys: [last.last_updated, last.version], rowId: last.row_id }),
      }),
  };
}
