// What _include and _revinclude add to a page: each resource once, never one that the actor may not see.
// https://hl7.org/fhir/R4/search.html#revinclude
import type { ResourceType } from '@medplum/fhirtypes';
import { tooLarge } from '../../fhir/error.ts';
import type { IncludeRule, SearchQuery } from '../../fhir/search-query.ts';
import type { StoredVersion } from '../store.ts';
import { type FilterContext, parameterSql } from './filter-sql.ts';
import { among, type Fragment } from './fragment.ts';
import { type ResourceRow, rowColumns, versionOf } from './resource-rows.ts';
import { isRowVisible, type Sight, unknownId } from './visibility-sql.ts';

type IncludedRow = ResourceRow & { readonly type: ResourceType };

/** More than this is no page any more; the client should ask for fewer matches. */
const mostIncluded = 1000;

function storedReference(rule: IncludeRule, context: FilterContext) {
  const facts = context.registry.parameter(rule.sourceType, rule.parameter);
  if (facts === undefined) {
    throw new Error(`The include ${rule.sourceType}:${rule.parameter} reached the store unchecked.`);
  }
  return { facts, stored: parameterSql(facts, 'v.parameter_id', { ...context, type: rule.sourceType }) };
}

function forwardSql(rule: IncludeRule, rowIds: readonly number[], context: FilterContext): Fragment {
  const { dictionary, statements } = context;
  const { stored, facts } = storedReference(rule, context);
  const rows = among('v.row_id', rowIds);
  const types = [rule.targetType, facts.onlyTarget].filter((name) => name !== undefined);
  const type = types.map((name) => dictionary.findTerm(statements, name) ?? unknownId);
  return {
    sql: `SELECT DISTINCT ${rowColumns('r')}, n.text AS type
      FROM reference_value v NOT INDEXED
      CROSS JOIN target t ON t.target_id = v.target_id
      CROSS JOIN resource r ON r.type_id = t.type_id AND r.id = t.id
      CROSS JOIN term n ON n.term_id = r.type_id
      WHERE ${rows.sql} AND ${stored.sql} AND r.deleted = 0${' AND t.type_id = ?'.repeat(type.length)}
      ORDER BY r.row_id LIMIT ${mostIncluded + 1}`,
    values: [...rows.values, ...stored.values, ...type],
  };
}

/** Rows that point to the targets; none when the parameter is about resources of another type. */
function backwardSql(
  rule: IncludeRule,
  targets: readonly number[],
  context: FilterContext,
): Fragment | undefined {
  const { stored, facts } = storedReference(rule, context);
  if (facts.onlyTarget !== undefined && facts.onlyTarget !== context.type) {
    return undefined;
  }
  const pointed = among('v.target_id', targets);
  return {
    sql: `SELECT DISTINCT ${rowColumns('r')}, n.text AS type
      FROM reference_value v INDEXED BY reference_by_value
      CROSS JOIN resource r ON r.row_id = v.row_id
      CROSS JOIN term n ON n.term_id = r.type_id
      WHERE ${stored.sql} AND ${pointed.sql} AND r.deleted = 0
      ORDER BY r.row_id LIMIT ${mostIncluded + 1}`,
    values: [...stored.values, ...pointed.values],
  };
}

export function includedRows(
  query: SearchQuery,
  matches: readonly ResourceRow[],
  sight: Sight,
  context: FilterContext,
): readonly StoredVersion[] {
  const rules = query.include.filter((rule) => rule.sourceType === query.type);
  if (matches.length === 0 || rules.length + query.revinclude.length === 0) {
    return [];
  }
  const { dictionary, statements } = context;
  const rowIds = matches.map((row) => row.row_id);
  const targets = matches.flatMap(
    ({ id }) => dictionary.findTarget(statements, { kind: 'local', type: query.type, id }) ?? [],
  );
  const pieces = [
    ...rules.map((rule) => forwardSql(rule, rowIds, context)),
    ...query.revinclude.flatMap((rule) => backwardSql(rule, targets, context) ?? []),
  ];
  const seen = new Set(rowIds);
  const included: StoredVersion[] = [];
  for (const piece of pieces) {
    for (const row of statements.all<IncludedRow>(piece.sql, piece.values)) {
      if (!seen.has(row.row_id) && isRowVisible(row.row_id, row.type, sight, dictionary, statements)) {
        seen.add(row.row_id);
        included.push(versionOf(row.type, row));
      }
    }
  }
  if (included.length > mostIncluded) {
    throw tooLarge(
      `The includes of this page are more than ${mostIncluded} resources. Ask for fewer matches with _count.`,
    );
  }
  return included;
}
