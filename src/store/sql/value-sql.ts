// What must hold for the value columns of an index table, in terms of its alias `v`.
import { urlPointsTo } from '../../fhir/search/expression.ts';
import { fold } from '../../fhir/search/fold.ts';
import { exactly } from '../../fhir/search/index-value.ts';
import type { SearchParameterFacts } from '../../fhir/search/search-parameter.ts';
import type { SearchRegistry } from '../../fhir/search/search-registry.ts';
import type { SearchFilter, ValueTest } from '../../fhir/search-query.ts';
import type { Dictionary } from './dictionary.ts';
import { allOf, among, amongMany, anyOf, type Fragment, fragment } from './fragment.ts';
import { impliedSystem, noSystem } from './index-rows.ts';
import { dateSql, numberSql } from './interval-sql.ts';
import type { Statements } from './statements.ts';
import { type Sight, unknownId } from './visibility-sql.ts';

export interface FilterContext {
  readonly type: string;
  readonly statements: Statements;
  readonly dictionary: Dictionary;
  readonly registry: SearchRegistry;
  readonly nowMs: number;
  /** What the asker may see: it holds for every resource that a condition looks at, not only for those that are found. */
  readonly sight: Sight;
  /** The conditions of this search that were compiled already, each for the type that it was compiled for. */
  readonly compiled: Map<SearchFilter, { readonly type: string; readonly sql: FilterSql }>;
}

/** A condition over one index table whose alias is `v`. */
export interface FilterSql {
  readonly table: string;
  /** The index that finds rows by value; without one the rows are named by their numbers. */
  readonly index?: string;
  readonly where: Fragment;
  /** The condition asks that NO such row exists. */
  readonly isNegated: boolean;
  /** It finds no rows by itself: it can only be asked of a row. */
  readonly isBroad: boolean;
  /** One exact key: the index gives the rows in the order of row_id. */
  readonly isPoint: boolean;
  /** The same row may come more than once. */
  readonly mayRepeat: boolean;
}

/** Greater than every text that begins with the text before it. */
const afterAll = '\u{10ffff}';

const systemSql = (system: string | undefined, context: FilterContext): Fragment | undefined => {
  if (system === undefined) {
    return undefined;
  }
  const id = system === '' ? noSystem : context.dictionary.findTerm(context.statements, system);
  return among('v.system_id', [id ?? impliedSystem, impliedSystem]);
};

/** Any code of a system. */
function systemAloneSql(system: string, { dictionary, statements }: FilterContext): Fragment {
  const id = system === '' ? noSystem : dictionary.findTerm(statements, system);
  return fragment('v.system_id = ?', id ?? unknownId - 1);
}

/** Codes of one system stand in one list: two hundred comparisons in a row would be made one by one. */
function tokensSql(values: (ValueTest & { kind: 'token' })['values'], context: FilterContext): Fragment {
  const bySystem = new Map<string | undefined, string[]>();
  for (const { system, code } of values) {
    if (code !== undefined) {
      bySystem.set(system, [...(bySystem.get(system) ?? []), code]);
    }
  }
  const wholeSystems = values.filter(({ code }) => code === undefined);
  return anyOf([
    ...wholeSystems.map(({ system = '' }) => systemAloneSql(system, context)),
    ...[...bySystem].map(([system, codes]) => {
      const systems = systemSql(system, context);
      return allOf([
        amongMany('v.code', codes, context.statements.dialect),
        ...(systems === undefined ? [] : [systems]),
      ]);
    }),
  ]);
}

type ReferenceValue = (ValueTest & { kind: 'reference' })['values'][number];

const mayPointTo = (type: string, value: ReferenceValue): boolean =>
  value.url === undefined ? value.type === undefined || value.type === type : urlPointsTo(type, value.url);

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

/** Has any value: for a narrower view of another parameter, one of the right type. */
function presentSql(facts: SearchParameterFacts, { dictionary, statements }: FilterContext): Fragment {
  return facts.onlyTarget === undefined
    ? fragment('TRUE')
    : fragment(
        'EXISTS (SELECT 1 FROM target t WHERE t.target_id = v.target_id AND (t.type_id = ? OR (t.type_id = 0 AND instr(t.id, ?) > 0)))',
        dictionary.findTerm(statements, facts.onlyTarget) ?? unknownId,
        `/${facts.onlyTarget}/`,
      );
}

function stringSql(modifier: 'exact' | 'contains' | undefined, value: string): Fragment {
  if (modifier === 'exact') {
    return fragment('(v.folded = ? AND v.exact = ?)', fold(value), exactly(value));
  }
  return modifier === 'contains'
    ? fragment('instr(v.folded, ?) > 0', value)
    : fragment('(v.folded >= ? AND v.folded < ?)', value, value + afterAll);
}

/** Steps of a path, each with and without the slash behind it. https://hl7.org/fhir/R4/search.html#uri */
function uriSql(modifier: 'below' | 'above' | undefined, value: string): Fragment {
  if (modifier === 'below') {
    const folder = value.endsWith('/') ? value : `${value}/`;
    return fragment('(v.uri = ? OR (v.uri >= ? AND v.uri < ?))', value, folder, `${folder}${afterAll}`);
  }
  const slashes = modifier === 'above' ? [...value.matchAll(/\//g)].map(({ index }) => index) : [];
  const above = slashes.flatMap((at) => [value.slice(0, at), value.slice(0, at + 1)]);
  return among('v.uri', [...new Set([...above, value])]);
}

function codesSql(test: ValueTest & { kind: 'codes' }, context: FilterContext): Fragment {
  const groups = test.groups.filter(({ codes }) => codes.length > 0);
  const sql = groups.map(({ system, codes }) => {
    const systems = systemSql(system, context);
    return allOf([
      amongMany('v.code', codes, context.statements.dialect),
      ...(systems === undefined ? [] : [systems]),
    ]);
  });
  return sql.length === 0 ? fragment('FALSE') : anyOf(sql);
}

/** What must hold for the value columns of the index table. */
export function valueSql(test: ValueTest, facts: SearchParameterFacts, context: FilterContext): Fragment {
  switch (test.kind) {
    case 'token':
      return tokensSql(test.values, context);
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
    case 'text':
      return anyOf(
        test.values.map((value) => fragment('(v.code >= ? AND v.code < ?)', value, value + afterAll)),
      );
    case 'codes':
      return codesSql(test, context);
    case 'missing':
      return presentSql(facts, context);
  }
}
