// One search condition as SQL: which index table it reads and what must hold there.

import { urlPointsTo } from '../../fhir/search/expression.ts';
import { fold } from '../../fhir/search/fold.ts';
import type { IndexKind } from '../../fhir/search/index-value.ts';
import type { SearchParameterFacts, SearchRegistry } from '../../fhir/search/search-registry.ts';
import type { FilterTest, SearchFilter } from '../../fhir/search-query.ts';
import type { Dictionary } from './dictionary.ts';
import { allOf, among, anyOf, type Fragment, fragment } from './fragment.ts';
import { impliedSystem, noSystem } from './index-rows.ts';
import { dateSql, numberSql } from './interval-sql.ts';
import type { Statements } from './statements.ts';
import { unknownId } from './visibility-sql.ts';

export interface FilterContext {
  readonly type: string;
  readonly statements: Statements;
  readonly dictionary: Dictionary;
  readonly registry: SearchRegistry;
  readonly nowMs: number;
}

/** A condition over one index table whose alias is `v`. */
export interface FilterSql {
  readonly table: string;
  /** The index that finds rows by value. */
  readonly index: string;
  readonly where: Fragment;
  /** The condition asks that NO such row exists. */
  readonly isNegated: boolean;
  /** One exact key: the index gives the rows in the order of row_id. */
  readonly isPoint: boolean;
  /** The same row may come more than once. */
  readonly mayRepeat: boolean;
}

export const indexTables = {
  token: { table: 'token_value', index: 'token_by_value' },
  reference: { table: 'reference_value', index: 'reference_by_value' },
  string: { table: 'string_value', index: 'string_by_value' },
  date: { table: 'date_value', index: 'date_by_value' },
  number: { table: 'quantity_value', index: 'quantity_by_value' },
  quantity: { table: 'quantity_value', index: 'quantity_by_value' },
  uri: { table: 'uri_value', index: 'uri_by_value' },
} as const satisfies Record<IndexKind, { table: string; index: string }>;

/** Greater than every text that begins with the text before it. */
const afterAll = '\u{10ffff}';

const systemSql = (system: string | undefined, context: FilterContext): Fragment | undefined => {
  if (system === undefined) {
    return undefined;
  }
  const id = system === '' ? noSystem : context.dictionary.findTerm(context.statements, system);
  return among('v.system_id', [id ?? impliedSystem, impliedSystem]);
};

function tokenSql(value: { system?: string; code?: string }, context: FilterContext): Fragment {
  if (value.code === undefined) {
    const id = context.dictionary.findTerm(context.statements, value.system ?? '');
    return fragment('v.system_id = ?', value.system === '' ? noSystem : (id ?? unknownId - 1));
  }
  const system = systemSql(value.system, context);
  const code = fragment('v.code = ?', value.code);
  return system === undefined ? code : allOf([code, system]);
}

type ReferenceValue = (FilterTest & { kind: 'reference' })['values'][number];

const mayPointTo = (type: string, value: ReferenceValue): boolean =>
  value.url === undefined ? value.type === undefined || value.type === type : urlPointsTo(type, value.url);

/** The numbers under which the values of a parameter stand in the table of their kind. */
export function parameterSql(
  facts: SearchParameterFacts,
  column: string,
  { type, dictionary, statements }: FilterContext,
): Fragment {
  return among(
    column,
    facts.storedAs.map((code) => dictionary.findTerm(statements, `${type}.${code}`) ?? unknownId),
  );
}

/** Has any value: for a narrower view of another parameter, one of the right type. */
function presentSql(facts: SearchParameterFacts, { dictionary, statements }: FilterContext): Fragment {
  return facts.onlyTarget === undefined
    ? fragment('1')
    : fragment(
        'EXISTS (SELECT 1 FROM target t WHERE t.target_id = v.target_id AND (t.type_id = ? OR (t.type_id = 0 AND instr(t.id, ?) > 0)))',
        dictionary.findTerm(statements, facts.onlyTarget) ?? unknownId,
        `/${facts.onlyTarget}/`,
      );
}

/** The targets that a value can mean; an id without a type may mean several. */
export function targetIds(
  value: ReferenceValue,
  facts: Pick<SearchParameterFacts, 'targets' | 'onlyTarget'> | undefined,
  context: FilterContext,
): number[] {
  const { dictionary, statements, registry } = context;
  const only = facts?.onlyTarget;
  if (only !== undefined && !mayPointTo(only, value)) {
    return [unknownId];
  }
  if (value.url !== undefined) {
    return [dictionary.findTarget(statements, { kind: 'url', url: value.url }) ?? unknownId];
  }
  const id = value.id ?? '';
  const named = facts === undefined || facts.targets.length === 0 ? registry.types() : facts.targets;
  const types = value.type === undefined ? named : [value.type];
  const found = types.flatMap((type) => dictionary.findTarget(statements, { kind: 'local', type, id }) ?? []);
  return found.length === 0 ? [unknownId] : found;
}

function stringSql(modifier: 'exact' | 'contains' | undefined, value: string): Fragment {
  if (modifier === 'exact') {
    return fragment('(v.folded = ? AND v.exact = ?)', fold(value), value);
  }
  return modifier === 'contains'
    ? fragment('instr(v.folded, ?) > 0', value)
    : fragment('(v.folded >= ? AND v.folded < ?)', value, value + afterAll);
}

function uriSql(modifier: 'below' | 'above' | undefined, value: string): Fragment {
  if (modifier === 'below') {
    return fragment('(v.uri = ? OR (v.uri >= ? AND v.uri < ?))', value, `${value}/`, `${value}/${afterAll}`);
  }
  const parts = value.split('/');
  const prefixes = parts.map((_part, at) => parts.slice(0, at + 1).join('/'));
  return among('v.uri', modifier === 'above' ? prefixes : [value]);
}

/** What must hold for the value columns of the index table. */
function valueSql(filter: SearchFilter, facts: SearchParameterFacts, context: FilterContext): Fragment {
  const { test } = filter;
  switch (test.kind) {
    case 'token':
      return anyOf(test.values.map((value) => tokenSql(value, context)));
    case 'reference':
      return among('v.target_id', [
        ...new Set(test.values.flatMap((value) => targetIds(value, facts, context))),
      ]);
    case 'string':
      return anyOf(test.values.map((value) => stringSql(test.modifier, value)));
    case 'date':
      return anyOf(test.values.map((value) => dateSql(value, 'v.from_ms', 'v.until_ms', context.nowMs)));
    case 'number':
      return anyOf(test.values.map((value) => numberSql(value, 'v.low', 'v.high')));
    case 'quantity':
      return anyOf(
        test.values.map((value) => {
          const system = value.system === undefined ? undefined : systemSql(value.system, context);
          const code = value.code === undefined ? [] : [fragment('v.code = ?', value.code)];
          return allOf([
            numberSql(value, 'v.low', 'v.high'),
            ...code,
            ...(system === undefined ? [] : [system]),
          ]);
        }),
      );
    case 'uri':
      return anyOf(test.values.map((value) => uriSql(test.modifier, value)));
    case 'missing':
      return presentSql(facts, context);
    case 'id':
      return fragment('1');
  }
}

/** A condition on an indexed parameter. `_id` and `_lastUpdated` are columns of the resource and not meant here. */
export function filterSql(filter: SearchFilter, context: FilterContext): FilterSql {
  const { test } = filter;
  const facts = context.registry.parameter(context.type, filter.parameter);
  if (facts === undefined || test.kind === 'id' || (test.kind === 'token' && test.modifier === 'text')) {
    throw new Error(`The search parameter ${context.type}.${filter.parameter} reached the store unchecked.`);
  }
  // A reference's identifier stands in the token table, under the same parameter.
  const tables = indexTables[test.kind === 'missing' ? facts.kind : test.kind];
  // A narrower view of another parameter has its identifiers to itself.
  const isOwn = facts.kind === 'reference' && test.kind === 'token';
  const stored = isOwn ? { ...facts, storedAs: [facts.code] } : facts;
  const value = valueSql(filter, facts, context);
  const isSingle = 'values' in test && test.values.length === 1 && value.values.length <= 3;
  return {
    ...tables,
    where: allOf([parameterSql(stored, 'v.parameter_id', context), value]),
    isNegated:
      (test.kind === 'missing' && test.missing) || (test.kind === 'token' && test.modifier === 'not'),
    isPoint: isSingle && stored.storedAs.length === 1 && isExact(test, value),
    mayRepeat: test.kind !== 'reference',
  };
}

function isExact(test: FilterTest, value: Fragment): boolean {
  switch (test.kind) {
    case 'token':
      return test.values[0]?.code !== undefined;
    case 'reference':
    case 'uri':
      return value.values.length === 1 && value.sql.endsWith('= ?');
    default:
      return false;
  }
}

/** The condition as a test on the row in `rowColumn`. */
export function existsSql(filter: FilterSql, rowColumn: string): Fragment {
  return {
    sql: `${filter.isNegated ? 'NOT ' : ''}EXISTS (SELECT 1 FROM ${filter.table} v NOT INDEXED WHERE v.row_id = ${rowColumn} AND ${filter.where.sql})`,
    values: filter.where.values,
  };
}
