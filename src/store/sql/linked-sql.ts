// Conditions on other resources: chains and reverse chains. Visibility holds for every resource on the way, so that a chain
// through a record that the asker may not see matches nothing. https://hl7.org/fhir/R4/search.html#chaining
//
// What a chain leads to is listed first, and the list becomes an ordinary condition that an index answers. Where the list would
// be long, nothing is listed and the chain is followed from each row that is looked at.
import { searchLimits } from '../../fhir/search/search-limits.ts';
import type { SearchParameterFacts } from '../../fhir/search/search-parameter.ts';
import type { FilterTest, SearchFilter } from '../../fhir/search-query.ts';
import { compositeSql, impliedBy } from './composite-sql.ts';
import { existsSql, filterSql, indexTables, missingSql, parameterSql } from './filter-sql.ts';
import { allOf, among, amongMany, anyOf, type Fragment, fragment } from './fragment.ts';
import { dateSql } from './interval-sql.ts';
import type { FilterContext, FilterSql } from './value-sql.ts';
import { unknownId, visibleRows, visibleSql } from './visibility-sql.ts';

type Chain = FilterTest & { kind: 'chain' };
type Has = FilterTest & { kind: 'has' };

/** Conditions on the columns of the resource itself, in terms of its alias; undefined for any other. */
export function rowColumnSql(
  filter: SearchFilter,
  alias: 'd' | 'r',
  context: FilterContext,
): Fragment | undefined {
  const { parameter, test } = filter;
  if (test.kind === 'id') {
    return among(`${alias}.id`, test.ids);
  }
  if (parameter !== '_lastUpdated' && parameter !== '_id') {
    return undefined;
  }
  if (test.kind === 'missing') {
    return fragment(test.missing ? 'FALSE' : 'TRUE');
  }
  const updated = `${alias}.last_updated`;
  return test.kind === 'date'
    ? anyOf(test.values.map((value) => dateSql(value, updated, `(${updated} + 1)`, context.nowMs)))
    : undefined;
}

/**
 * A condition that one index table answers. Composites and the resource's own columns are none. It is compiled once for a search:
 * what gives the rows and what is tested may be the same condition, and what a chain leads to is looked up.
 */
export function indexedSql(filter: SearchFilter, context: FilterContext): FilterSql {
  const { compiled, type } = context;
  const known = compiled.get(filter);
  if (known?.type === type) {
    return known.sql;
  }
  const sql = compiledSql(filter, context);
  compiled.set(filter, { type, sql });
  return sql;
}

function compiledSql(filter: SearchFilter, context: FilterContext): FilterSql {
  const { test } = filter;
  if (test.kind === 'has') {
    return hasSql(test, context);
  }
  const facts = context.registry.parameter(context.type, filter.parameter);
  if (facts !== undefined && test.kind === 'chain') {
    return chainSql(test, facts, context);
  }
  if (facts === undefined || test.kind === 'chain' || test.kind === 'composite' || test.kind === 'id') {
    throw new Error(`The search parameter ${context.type}.${filter.parameter} reached the store unchecked.`);
  }
  return filterSql(test, facts, context);
}

/** Any condition as a test on the row in `rowColumn`, which must not be a column of `r`, `t` or `v`. */
export function conditionSql(filter: SearchFilter, rowColumn: string, context: FilterContext): Fragment {
  if (filter.test.kind === 'composite') {
    return compositeSql(filter, filter.test, rowColumn, context);
  }
  const row = rowColumnSql(filter, 'r', context);
  if (row !== undefined) {
    return {
      sql: `EXISTS (SELECT 1 FROM resource r WHERE r.row_id = ${rowColumn} AND ${row.sql})`,
      values: row.values,
    };
  }
  const facts = context.registry.parameter(context.type, filter.parameter);
  return filter.test.kind === 'missing' && facts !== undefined
    ? missingSql(filter.test, facts, rowColumn, context)
    : existsSql(indexedSql(filter, context), rowColumn);
}

/** A SELECT of the rows that fulfil the condition, found by an index; undefined when none gives them. */
function rowsSql(filter: SearchFilter, context: FilterContext): Fragment | undefined {
  const { test } = filter;
  if (test.kind === 'id') {
    const typeId = context.dictionary.findTerm(context.statements, context.type) ?? unknownId;
    const ids = among('r.id', test.ids);
    return {
      sql: `SELECT r.row_id FROM resource r WHERE r.type_id = ? AND r.deleted = 0 AND ${ids.sql}`,
      values: [typeId, ...ids.values],
    };
  }
  if (rowColumnSql(filter, 'r', context) !== undefined) {
    return undefined;
  }
  if (test.kind === 'composite') {
    const [first] = impliedBy(filter, test, context);
    const rows = first && rowsSql(first, context);
    const whole = compositeSql(filter, test, 'd.row_id', context);
    return (
      rows && {
        sql: `SELECT d.row_id FROM (${rows.sql}) d WHERE ${whole.sql}`,
        values: [...rows.values, ...whole.values],
      }
    );
  }
  const sql = indexedSql(filter, context);
  return sql.isNegated || sql.isBroad
    ? undefined
    : {
        sql: `SELECT DISTINCT v.row_id FROM ${drivingTable(sql)} WHERE ${sql.where.sql}`,
        values: sql.where.values,
      };
}

/** The table in the order of the index that finds rows by value. */
export const drivingTable = ({ table, index }: FilterSql): string =>
  `${table} v ${index === undefined ? 'NOT INDEXED' : `INDEXED BY ${index}`}`;

const visible = (context: FilterContext, rowColumn: string): Fragment =>
  visibleSql(context.sight, context.type, { column: rowColumn }, context.dictionary, context.statements) ??
  fragment('TRUE');

/** The rows that fulfil the condition and may be seen; undefined when there are too many to list, or no index gives them. */
function listed(filter: SearchFilter, context: FilterContext): readonly number[] | undefined {
  const rows = rowsSql(filter, context);
  if (rows === undefined) {
    return undefined;
  }
  const { statements } = context;
  const found = statements.all<{ row_id: number }>(`${rows.sql} LIMIT ?`, [
    ...rows.values,
    searchLimits.listed + 1,
  ]);
  if (found.length > searchLimits.listed) {
    return undefined;
  }
  const rowIds = found.map(({ row_id }) => row_id);
  return [...visibleRows(rowIds, context.type, context.sight, context.dictionary, statements)];
}

/** What references to these rows point to. */
function targetsOf(rowIds: readonly number[], { statements }: FilterContext): readonly number[] {
  return statements
    .all<{ target_id: number }>(
      `SELECT t.target_id FROM ${statements.dialect.numbersIn} j CROSS JOIN resource r ON r.row_id = j.value
         CROSS JOIN target t ON t.type_id = r.type_id AND t.id = r.id`,
      [JSON.stringify(rowIds)],
    )
    .map(({ target_id }) => target_id);
}

function chainSql(test: Chain, facts: SearchParameterFacts, context: FilterContext): FilterSql {
  const steps = test.links.map(({ type, filter }) => {
    const there = { ...context, type };
    const rows = listed(filter, there);
    return rows === undefined
      ? { isBroad: true, ids: [], probe: followSql(filter, there) }
      : { isBroad: false, ids: targetsOf(rows, there) };
  });
  const ids = steps.flatMap((step) => step.ids);
  const isBroad = steps.some((step) => step.isBroad);
  const leads = anyOf([
    amongMany('v.target_id', ids.length === 0 ? [unknownId] : ids, context.statements.dialect),
    ...steps.flatMap(({ probe }) => probe ?? []),
  ]);
  return {
    ...indexTables.reference,
    where: allOf([parameterSql(facts, 'v.parameter_id', context), leads]),
    isNegated: false,
    isBroad,
    isPoint: !isBroad && ids.length === 1 && facts.storedAs.length === 1,
    mayRepeat: false,
  };
}

// The plus before EXISTS keeps SQLite from turning the subquery into a join whose order it chooses itself.

/** The reference in `v` leads to a row that fulfils the condition. */
function followSql(filter: SearchFilter, there: FilterContext): Fragment {
  const typeId = there.dictionary.findTerm(there.statements, there.type) ?? unknownId;
  const holds = allOf([visible(there, 'h.row_id'), conditionSql(filter, 'h.row_id', there)]);
  return fragment(
    `+EXISTS (SELECT 1 FROM target t CROSS JOIN resource h ON h.type_id = t.type_id AND h.id = t.id
       WHERE t.target_id = v.target_id AND t.type_id = ? AND h.deleted = 0 AND ${holds.sql})`,
    typeId,
    ...holds.values,
  );
}

function hasSql(test: Has, context: FilterContext): FilterSql {
  const there = { ...context, type: test.type };
  const facts = there.registry.parameter(test.type, test.reference);
  if (facts === undefined) {
    throw new Error(`The reverse chain through ${test.type}.${test.reference} reached the store unchecked.`);
  }
  const rows = listed(test.filter, there);
  const ids = rows && pointedTo(rows, facts, there, context);
  return {
    table: 'resource',
    where:
      ids === undefined
        ? pointedAtSql(test.filter, facts, there)
        : amongMany('v.row_id', ids.length === 0 ? [unknownId] : ids, context.statements.dialect),
    isNegated: false,
    isBroad: ids === undefined,
    isPoint: false,
    mayRepeat: false,
  };
}

/** The rows of the searched type to which the rows point by the parameter; undefined when they are too many. */
function pointedTo(
  rowIds: readonly number[],
  facts: SearchParameterFacts,
  there: FilterContext,
  context: FilterContext,
): readonly number[] | undefined {
  const { statements, dictionary } = context;
  const stored = parameterSql(facts, 'w.parameter_id', there);
  const found = statements.all<{ row_id: number }>(
    `SELECT DISTINCT r.row_id FROM ${statements.dialect.numbersIn} j CROSS JOIN reference_value w NOT INDEXED ON w.row_id = j.value
       CROSS JOIN target t ON t.target_id = w.target_id
       CROSS JOIN resource r ON r.type_id = t.type_id AND r.id = t.id
       WHERE ${stored.sql} AND t.type_id = ? AND r.deleted = 0 LIMIT ?`,
    [
      JSON.stringify(rowIds),
      ...stored.values,
      dictionary.findTerm(statements, context.type) ?? unknownId,
      searchLimits.listed + 1,
    ],
  );
  return found.length > searchLimits.listed ? undefined : found.map(({ row_id }) => row_id);
}

/** A row that fulfils the condition points at the resource in `v`. */
function pointedAtSql(filter: SearchFilter, facts: SearchParameterFacts, there: FilterContext): Fragment {
  const stored = parameterSql(facts, 'w.parameter_id', there);
  const holds = allOf([visible(there, 'w.row_id'), conditionSql(filter, 'w.row_id', there)]);
  return fragment(
    `+EXISTS (SELECT 1 FROM target t CROSS JOIN reference_value w INDEXED BY reference_by_value ON w.target_id = t.target_id
       WHERE v.deleted = 0 AND t.type_id = v.type_id AND t.id = v.id AND ${stored.sql} AND ${holds.sql})`,
    ...stored.values,
    ...holds.values,
  );
}
