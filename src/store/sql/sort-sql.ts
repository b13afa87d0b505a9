// The value by which a row is sorted, for each kind of parameter. A row without one comes last, in either direction.
import type { SortKey } from '../../fhir/search-query.ts';
import { indexTables, parameterSql } from './filter-sql.ts';
import { type Fragment, fragment } from './fragment.ts';
import type { FilterContext } from './value-sql.ts';

const columns = {
  string: 'v.folded',
  token: 'v.code',
  date: 'v.from_ms',
  number: 'v.low',
  quantity: 'v.low',
  uri: 'v.uri',
  reference: '(SELECT t.id FROM target t WHERE t.target_id = v.target_id)',
} as const;

/**
 * SQL for the sort value of row `d.row_id`. Of several values it is the one that comes first in the order asked for: the
 * smallest, or the greatest when the order is descending. https://hl7.org/fhir/R4/search.html#sort
 */
export function sortKeySql({ parameter, descending }: SortKey, context: FilterContext): Fragment {
  if (parameter === '_lastUpdated') {
    return fragment('(SELECT r.last_updated FROM resource r WHERE r.row_id = d.row_id)');
  }
  if (parameter === '_id') {
    return fragment('(SELECT r.id FROM resource r WHERE r.row_id = d.row_id)');
  }
  const facts = context.registry.parameter(context.type, parameter);
  if (facts === undefined) {
    throw new Error(`The sort key ${context.type}.${parameter} reached the store unchecked.`);
  }
  const { table } = indexTables[facts.kind];
  const stored = parameterSql(facts, 'v.parameter_id', context);
  const first = descending ? 'max' : 'min';
  // The plus keeps SQLite from looking for that value in the index by value, past the rows of everybody else.
  return fragment(
    `(SELECT ${first}(+${columns[facts.kind]}) FROM ${table} v NOT INDEXED WHERE v.row_id = d.row_id AND ${stored.sql})`,
    ...stored.values,
  );
}
