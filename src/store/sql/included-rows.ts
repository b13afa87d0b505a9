// What _include and _revinclude add to a page: each resource once, never one that the actor may not see.
// https://hl7.org/fhir/R4/search.html#revinclude
import type { ResourceType } from '@medplum/fhirtypes';
import { tooLarge } from '../../fhir/error.ts';
import { searchLimits } from '../../fhir/search/search-limits.ts';
import type { IncludeRule, SearchQuery } from '../../fhir/search-query.ts';
import type { StoredVersion } from '../store.ts';
import { parameterSql } from './filter-sql.ts';
import { allOf, among, amongMany, type Fragment } from './fragment.ts';
import { type ResourceRow, rowColumns, versionOf } from './resource-rows.ts';
import type { FilterContext } from './value-sql.ts';
import { unknownId, visibleRows, visibleSql } from './visibility-sql.ts';

type IncludedRow = ResourceRow & { readonly type: ResourceType };

/** More than this is no page any more; the client should ask for fewer matches. */
const mostIncluded = searchLimits.included;

function storedReference(rule: IncludeRule, context: FilterContext) {
  const facts = context.registry.parameter(rule.sourceType, rule.parameter);
  if (facts === undefined) {
    throw new Error(`The include ${rule.sourceType}:${rule.parameter} reached the store unchecked.`);
  }
  return { facts, stored: parameterSql(facts, 'v.parameter_id', { ...context, type: rule.sourceType }) };
}

/** What the rows of the rule's type point to. */
function forwardSql(
  rule: IncludeRule,
  from: readonly IncludedRow[],
  context: FilterContext,
): Fragment | undefined {
  const { dictionary, statements } = context;
  const sources = from.filter(({ type }) => type === rule.sourceType);
  if (sources.length === 0) {
    return undefined;
  }
  const { stored, facts } = storedReference(rule, context);
  const rows = among(
    'v.row_id',
    sources.map(({ row_id }) => row_id),
  );
  const types = [rule.targetType, facts.onlyTarget].filter((name) => name !== undefined);
  const type = types.map((name) => dictionary.findTerm(statements, name) ?? unknownId);
  return {
    sql: `SELECT DISTINCT ${rowColumns('r')}, n.text AS type
      FROM reference_value v NOT INDEXED
      CROSS JOIN target t ON t.target_id = v.target_id
      CROSS JOIN resource r ON r.type_id = t.type_id AND r.id = t.id
      CROSS JOIN term n ON n.term_id = r.type_id
      WHERE ${rows.sql} AND ${stored.sql} AND r.deleted = 0${' AND t.type_id = ?'.repeat(type.length)}
      ORDER BY r.row_id`,
    values: [...rows.values, ...stored.values, ...type],
  };
}

/** Rows that point to these; none when the rule is about resources of another type. */
function backwardSql(
  rule: IncludeRule,
  from: readonly IncludedRow[],
  context: FilterContext,
): Fragment | undefined {
  const { dictionary, statements, sight } = context;
  const { stored, facts } = storedReference(rule, context);
  const asked = [rule.targetType, facts.onlyTarget].filter((name) => name !== undefined);
  const targets = from
    .filter(({ type }) => asked.every((name) => name === type))
    .flatMap(({ type, id }) => dictionary.findTarget(statements, { kind: 'local', type, id }) ?? []);
  if (targets.length === 0) {
    return undefined;
  }
  const pointed = amongMany('v.target_id', targets, statements.dialect);
  // Before the LIMIT, so that what may not be seen takes no place.
  const visible = visibleSql(sight, rule.sourceType, { column: 'v.row_id' }, dictionary, statements);
  const where = allOf([stored, pointed, ...(visible === undefined ? [] : [visible])]);
  return {
    sql: `SELECT DISTINCT ${rowColumns('r')}, n.text AS type
      FROM reference_value v INDEXED BY reference_by_value
      CROSS JOIN resource r ON r.row_id = v.row_id
      CROSS JOIN term n ON n.term_id = r.type_id
      WHERE ${where.sql} AND r.deleted = 0
      ORDER BY r.row_id LIMIT ${mostIncluded + 1}`,
    values: where.values,
  };
}

/** One round: what the rules find from these rows and nobody has seen yet. */
function nextRows(
  rules: { readonly include: readonly IncludeRule[]; readonly revinclude: readonly IncludeRule[] },
  from: readonly IncludedRow[],
  seen: Set<number>,
  context: FilterContext,
): readonly IncludedRow[] {
  const { dictionary, statements, sight } = context;
  const pieces = [
    ...rules.include.flatMap((rule) => forwardSql(rule, from, context) ?? []),
    ...rules.revinclude.flatMap((rule) => backwardSql(rule, from, context) ?? []),
  ];
  const found = new Map<number, IncludedRow>();
  for (const piece of pieces) {
    for (const row of statements.all<IncludedRow>(piece.sql, piece.values)) {
      if (!seen.has(row.row_id)) found.set(row.row_id, row);
    }
  }
  const visible = new Set(
    [...Map.groupBy(found.values(), ({ type }) => type)].flatMap(([type, rows]) => {
      const rowIds = rows.map(({ row_id }) => row_id);
      return [...visibleRows(rowIds, type, sight, dictionary, statements)];
    }),
  );
  for (const rowId of visible) seen.add(rowId);
  return [...found.values()].filter(({ row_id }) => visible.has(row_id));
}

const isIterated = (rule: IncludeRule) => rule.isIterated === true;

/** Throws 413 for a page that would include more than a page can. */
export function includedRows(
  query: SearchQuery,
  matches: readonly ResourceRow[],
  context: FilterContext,
): readonly StoredVersion[] {
  if (matches.length === 0 || query.include.length + query.revinclude.length === 0) {
    return [];
  }
  const seen = new Set(matches.map((row) => row.row_id));
  const iterated = {
    include: query.include.filter(isIterated),
    revinclude: query.revinclude.filter(isIterated),
  };
  const included: IncludedRow[] = [];
  let latest: readonly IncludedRow[] = matches.map((row) => ({ ...row, type: query.type }));
  for (let round = 0; round < searchLimits.iterations && latest.length > 0; round++) {
    latest = nextRows(round === 0 ? query : iterated, latest, seen, context);
    included.push(...latest);
    if (included.length > mostIncluded) {
      throw tooLarge(
        `The includes of this page are more than ${mostIncluded} resources. Ask for fewer matches with _count.`,
      );
    }
  }
  return included.map((row) => versionOf(row.type, row));
}
