// A composite condition as SQL: all components in the same place. https://hl7.org/fhir/R4/search.html#composite
import type { CompositeFacts, CompositePlace } from '../../fhir/search/composites.ts';
import type { FilterTest, SearchFilter, ValueTest } from '../../fhir/search-query.ts';
import { elementColumns } from './element-rows.ts';
import { existsSql, filterSql } from './filter-sql.ts';
import { allOf, anyOf, type Fragment, fragment } from './fragment.ts';
import { type FilterContext, valueSql } from './value-sql.ts';
import { unknownId } from './visibility-sql.ts';

type Composite = FilterTest & { kind: 'composite' };

function compositeOf(filter: SearchFilter, { registry, type }: FilterContext): CompositeFacts {
  const facts = registry.composite(type, filter.parameter);
  if (facts === undefined) {
    throw new Error(`The composite ${type}.${filter.parameter} reached the store unchecked.`);
  }
  return facts;
}

/** The components stand on the resource itself: the index of the single parameters answers. */
function onResource(
  place: CompositePlace & { kind: 'resource' },
  tests: readonly ValueTest[],
  rowColumn: string,
  context: FilterContext,
): Fragment {
  return allOf(
    tests.map((test, at) => {
      const facts = context.registry.parameter(context.type, place.parameters[at] ?? '');
      return facts === undefined ? fragment('FALSE') : existsSql(filterSql(test, facts, context), rowColumn);
    }),
  );
}

/** One element has a value for each component. Elements have numbers. */
function inElement(
  { keys }: CompositePlace & { kind: 'element' },
  { components }: CompositeFacts,
  tests: readonly ValueTest[],
  rowColumn: string,
  context: FilterContext,
): Fragment {
  const conditions = tests.map((test, at) => {
    const facts = components[at];
    const key = context.dictionary.findTerm(context.statements, keys[at] ?? '') ?? unknownId;
    return allOf([
      fragment('v.key_id = ?', key),
      facts === undefined ? fragment('FALSE') : valueSql(test, facts, context),
    ]);
  });
  const found = conditions.map(
    ({ sql }) => `SELECT v.element FROM ${elementColumns} v WHERE v.row_id = ${rowColumn} AND ${sql}`,
  );
  return {
    sql: `EXISTS (${found.join(' INTERSECT ')})`,
    values: conditions.flatMap(({ values }) => values),
  };
}

/** The condition as a test on the row in `rowColumn`. */
export function compositeSql(
  filter: SearchFilter,
  test: Composite,
  rowColumn: string,
  context: FilterContext,
): Fragment {
  const facts = compositeOf(filter, context);
  return anyOf(
    test.values.flatMap((value) =>
      facts.places.map((place) =>
        place.kind === 'resource'
          ? onResource(place, value, rowColumn, context)
          : inElement(place, facts, value, rowColumn, context),
      ),
    ),
  );
}

/**
 * What must hold of a row whatever else the composite asks: each component, somewhere in the resource. These conditions stand in
 * the index and can give the rows.
 */
export function impliedBy(
  filter: SearchFilter,
  test: Composite,
  context: FilterContext,
): readonly SearchFilter[] {
  return compositeOf(filter, context).components.flatMap(({ code }, at): SearchFilter[] => {
    const tests = test.values.flatMap((value) => value[at] ?? []);
    const [first] = tests;
    // All values of a component are read by one parameter and are therefore of one kind.
    return first !== undefined && 'values' in first
      ? [{ parameter: code, test: { ...first, values: tests.flatMap(valuesIn) } as ValueTest }]
      : [];
  });
}

const valuesIn = (test: ValueTest): readonly unknown[] => ('values' in test ? test.values : []);
