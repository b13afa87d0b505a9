// Walks one patient's record, type by type, then what it refers to outside of any record: each resource once, however many pages.
import type { ResourceType } from '@medplum/fhirtypes';
import { clinicalDateOf } from '../../fhir/clinical-dates.ts';
import type { RecordPage, RecordQuery } from '../store.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { parameterSql } from './filter-sql.ts';
import { allOf, type Fragment, fragment, nothing, valuesOf } from './fragment.ts';
import { type ResourceRow, rowColumns, versionOf } from './resource-rows.ts';
import type { FilterContext } from './value-sql.ts';
import { type Sight, unknownId, visibleSql } from './visibility-sql.ts';

/** What a record refers to that belongs to nobody's record. */
const shared: readonly ResourceType[] = [
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'HealthcareService',
  'Medication',
];

/** The record comes first, then what it refers to. */
type Part = 0 | 1;

interface Stretch {
  readonly part: Part;
  readonly typeId: number;
  readonly type: ResourceType;
}

interface Walk {
  readonly query: RecordQuery;
  readonly patientId: number;
  readonly sight: Sight;
  readonly context: FilterContext;
}

export function recordPage(query: RecordQuery, sight: Sight, context: FilterContext): RecordPage {
  const { statements, dictionary } = context;
  const target = { kind: 'local', type: 'Patient', id: query.patientId } as const;
  const walk: Walk = {
    query,
    sight,
    context,
    patientId: dictionary.findTarget(statements, target) ?? unknownId,
  };
  const from = query.cursor === undefined ? undefined : readCursor(query.cursor, 2);
  const [part, typeId] = from?.keys ?? [];
  const record = typesInRecord(walk);
  const stretches = [...record, ...typesShared(walk)].filter(
    (stretch) =>
      from === undefined ||
      stretch.part > Number(part) ||
      (stretch.part === Number(part) && stretch.typeId >= Number(typeId)),
  );
  const found: (ResourceRow & Stretch)[] = [];
  for (const stretch of stretches) {
    const isFirst = stretch.part === Number(part) && stretch.typeId === Number(typeId);
    const behind = isFirst ? (from?.rowId ?? 0) : 0;
    const rows = rowsOf(walk, stretch, record, behind, query.count + 1 - found.length);
    found.push(...rows.map((row) => ({ ...row, ...stretch })));
    if (found.length > query.count) break;
  }
  const kept = found.slice(0, query.count);
  const last = kept.at(-1);
  return {
    record: kept.filter((row) => row.part === 0).map((row) => versionOf(row.type, row)),
    referred: kept.filter((row) => row.part === 1).map((row) => versionOf(row.type, row)),
    ...(found.length > query.count &&
      last && { next: writeCursor({ keys: [last.part, last.typeId], rowId: last.row_id }) }),
  };
}

function typesInRecord({ patientId, context }: Walk): readonly Stretch[] {
  const rows = context.statements.all<{ type_id: number; type: ResourceType }>(
    `SELECT n.term_id AS type_id, n.text AS type
       FROM (SELECT DISTINCT type_id FROM timeline WHERE patient_id = ?) t JOIN term n ON n.term_id = t.type_id
       ORDER BY n.term_id`,
    [patientId],
  );
  return rows.map(({ type_id, type }) => ({ part: 0, typeId: type_id, type }));
}

function typesShared({ context: { dictionary, statements } }: Walk): readonly Stretch[] {
  return shared
    .flatMap((type): Stretch[] => {
      const typeId = dictionary.findTerm(statements, type);
      return typeId === undefined ? [] : [{ part: 1, typeId, type }];
    })
    .toSorted((a, b) => a.typeId - b.typeId);
}

function rowsOf(
  walk: Walk,
  stretch: Stretch,
  record: readonly Stretch[],
  behind: number,
  limit: number,
): readonly ResourceRow[] {
  const { types } = walk.query;
  if (types !== undefined && !types.includes(stretch.type)) return [];
  const source = stretch.part === 0 ? ownRows(walk, stretch) : referredRows(walk, stretch, record);
  if (source === undefined) return [];
  return walk.context.statements.all<ResourceRow>(
    `SELECT ${rowColumns('b')} FROM (${source.sql}) d CROSS JOIN resource b ON b.row_id = d.row_id
       WHERE d.row_id > ? ORDER BY d.row_id LIMIT ?`,
    [...source.values, behind, limit],
  );
}

/** The rows of one type in the record, the patient itself left out, that may be seen and that the query wants; undefined for none. */
function ownRows(walk: Walk, { type, typeId }: Stretch): Fragment | undefined {
  const { query, patientId, sight, context } = walk;
  const { dictionary, statements } = context;
  const row = { column: 'r.row_id', patientId };
  const conditions = [
    visibleSql(sight, type, row, dictionary, statements) ?? fragment('TRUE'),
    ...(type === 'Patient' ? [fragment('r.id <> ?', query.patientId)] : []),
    ...(query.sinceMs === undefined ? [] : [fragment('r.last_updated >= ?', query.sinceMs)]),
    ...dateCondition(walk, type),
  ];
  const where = allOf(conditions);
  return where === nothing
    ? undefined
    : {
        sql: `SELECT DISTINCT v.row_id AS row_id FROM timeline v CROSS JOIN resource r ON r.row_id = v.row_id
                WHERE v.patient_id = ? AND v.type_id = ? AND r.deleted = 0 AND ${where.sql}`,
        values: [patientId, typeId, ...where.values],
      };
}

/** Care in the time asked for. What has no date belongs to any time. */
function dateCondition({ query, context }: Walk, type: string): readonly Fragment[] {
  if (!query.care) return [];
  const facts = context.registry.parameter(type, clinicalDateOf(type));
  if (facts?.kind !== 'date') return [];
  const stored = parameterSql(facts, 'x.parameter_id', { ...context, type });
  const dates = `SELECT 1 FROM date_value x NOT INDEXED WHERE x.row_id = r.row_id AND ${stored.sql}`;
  return [
    {
      sql: `(NOT EXISTS (${dates}) OR EXISTS (${dates} AND x.from_ms < ? AND x.until_ms > ?))`,
      values: [...stored.values, ...stored.values, query.care.untilMs, query.care.fromMs],
    },
  ];
}

/** Rows of one shared type that any visible row of the record, or the patient itself, points to. */
function referredRows(
  walk: Walk,
  { type, typeId }: Stretch,
  record: readonly Stretch[],
): Fragment | undefined {
  const { sight, context, patientId } = walk;
  const { dictionary, statements } = context;
  const row = { column: 'r.row_id' };
  const visible = visibleSql(sight, type, row, dictionary, statements) ?? fragment('TRUE');
  const sources = record.flatMap((stretch) => ownRows(walk, stretch) ?? []);
  if (visible === nothing) return undefined;
  const patient =
    visibleSql(sight, 'Patient', { column: 'p.row_id' }, dictionary, statements) ?? fragment('TRUE');
  const itself: Fragment = {
    sql: `SELECT p.row_id AS row_id FROM target q JOIN resource p ON p.type_id = q.type_id AND p.id = q.id
            WHERE q.target_id = ? AND ${patient.sql}`,
    values: [patientId, ...patient.values],
  };
  const all: Fragment = {
    sql: [itself, ...sources].map(({ sql }) => sql).join(' UNION '),
    values: valuesOf(itself, ...sources),
  };
  return {
    sql: `SELECT DISTINCT r.row_id AS row_id FROM (${all.sql}) s
            CROSS JOIN reference_value f NOT INDEXED ON f.row_id = s.row_id
            CROSS JOIN target t ON t.target_id = f.target_id
            CROSS JOIN resource r ON r.type_id = t.type_id AND r.id = t.id
            WHERE t.type_id = ? AND r.deleted = 0 AND ${visible.sql}
              AND NOT EXISTS (SELECT 1 FROM compartment o NOT INDEXED WHERE o.row_id = r.row_id)`,
    values: [...all.values, typeId, ...visible.values],
  };
}
