// One search condition on an indexed parameter as SQL: which index table it reads and what must hold there.
import type { IndexKind } from '../../fhir/search/index-value.ts';
import type { SearchParameterFacts } from '../../fhir/search/search-parameter.ts';
import type { ValueTest } from '../../fhir/search-query.ts';
import { allOf, among, anyOf, type Fragment } from './fragment.ts';
import { besideParameter } from './index-rows.ts';
import { type FilterContext, type FilterSql, valueSql } from './value-sql.ts';
import { unknownId } from './visibility-sql.ts';

export const indexTables = {
  token: { table: 'token_value', index: 'token_by_value' },
  reference: { table: 'reference_value', index: 'reference_by_value' },
  string: { table: 'string_value', index: 'string_by_value' },
  date: { table: 'date_value', index: 'date_by_value' },
  number: { table: 'quantity_value', index: 'quantity_by_value' },
  quantity: { table: 'quantity_value', index: 'quantity_by_value' },
  uri: { table: 'uri_value', index: 'uri_by_value' },
} as const satisfies Record<IndexKind, { table: string; index: string }>;

/** The numbers under which the values of a parameter stand in the table of their kind. */
export function parameterSql(
  facts: Pick<SearchParameterFacts, 'storedAs'>,
  column: string,
  { type, dictionary, statements }: FilterContext,
): Fragment {
  return among(
    column,
    facts.storedAs.map((code) => dictionary.findTerm(statements, `${type}.${code}`) ?? unknownId),
  );
}

/** Which table answers a test. Words beside a code, and a reference's identifier, stand with the tokens. */
function tableOf(test: ValueTest, facts: SearchParameterFacts) {
  switch (test.kind) {
    case 'missing':
      return indexTables[facts.kind];
    case 'codes':
    case 'text':
      return indexTables.token;
    default:
      return indexTables[test.kind];
  }
}

/** The parameters under which a reference's identifiers stand: a narrower view of another one has them to itself. */
const identifiersOf = ({ code, storedAs, onlyTarget }: SearchParameterFacts): readonly string[] =>
  onlyTarget === undefined ? storedAs : [code];

/** The parameters under which the values of a test stand. */
function storedFor(test: ValueTest, facts: SearchParameterFacts): Pick<SearchParameterFacts, 'storedAs'> {
  if (facts.kind === 'reference' && test.kind === 'token') {
    return { storedAs: identifiersOf(facts) };
  }
  const isTyped = test.kind === 'token' && test.modifier === 'of-type';
  const beside = isTyped ? besideParameter.typed : test.kind === 'text' ? besideParameter.text : '';
  return beside === '' ? facts : { storedAs: facts.storedAs.map((code) => code + beside) };
}

const isNegated = (test: ValueTest) =>
  (test.kind === 'missing' && test.missing) ||
  (test.kind === 'token' && test.modifier === 'not') ||
  (test.kind === 'codes' && test.isNegated);

export function filterSql(test: ValueTest, facts: SearchParameterFacts, context: FilterContext): FilterSql {
  const stored = storedFor(test, facts);
  const value = valueSql(test, facts, context);
  const isSingle = 'values' in test && test.values.length === 1 && value.values.length <= 3;
  return {
    ...tableOf(test, facts),
    where: allOf([parameterSql(stored, 'v.parameter_id', context), value]),
    isNegated: isNegated(test),
    isBroad: test.kind === 'missing',
    isPoint: isSingle && stored.storedAs.length === 1 && isExact(test, value),
    mayRepeat: test.kind !== 'reference',
  };
}

function isExact(test: ValueTest, value: Fragment): boolean {
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

const valueColumn = /(?<!\+)\bv\.(code|target_id|folded|from_ms|until_ms|low|high|uri)\b/g;

/** The parameter as it is kept in each table that has values of it. */
function valuePlaces(facts: SearchParameterFacts): readonly SearchParameterFacts[] {
  const { onlyTarget: _narrower, ...whole } = facts;
  switch (facts.kind) {
    case 'token':
      return [{ ...facts, storedAs: facts.storedAs.flatMap((code) => [code, code + besideParameter.text]) }];
    case 'reference':
      return [facts, { ...whole, kind: 'token', storedAs: identifiersOf(facts) }];
    default:
      return [facts];
  }
}

/**
 * Whether a row has any value of a parameter: words without a code, and a reference by an identifier alone, are values too,
 * though they stand apart from the codes and the addresses. https://hl7.org/fhir/R4/search.html#missing
 */
export function missingSql(
  test: ValueTest & { kind: 'missing' },
  facts: SearchParameterFacts,
  rowColumn: string,
  context: FilterContext,
): Fragment {
  const present = { kind: 'missing', missing: false } as const;
  const some = anyOf(
    valuePlaces(facts).map((place) => existsSql(filterSql(present, place, context), rowColumn)),
  );
  return test.missing ? { sql: `NOT ${some.sql}`, values: some.values } : some;
}

/** The condition as a test on the row in `rowColumn`. */
export function existsSql(filter: FilterSql, rowColumn: string): Fragment {
  // The few values of the row are compared. Without the plus, SQLite may look through the values of all rows for this one.
  const where = filter.where.sql.replaceAll(valueColumn, '+v.$1');
  return {
    sql: `${filter.isNegated ? 'NOT ' : ''}EXISTS (SELECT 1 FROM ${filter.table} v NOT INDEXED WHERE v.row_id = ${rowColumn} AND ${where})`,
    values: filter.where.values,
  };
}
