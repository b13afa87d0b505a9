// Writes which values stand together in an element that may repeat. Resources without such elements have no such rows.
import type { Resource } from '@medplum/fhirtypes';
import type { IndexValue } from '../../fhir/search/index-value.ts';
import type { SearchRegistry } from '../../fhir/search/search-registry.ts';
import type { Dictionary } from './dictionary.ts';
import type { IndexRows } from './index-tables.ts';
import type { Statements } from './statements.ts';

type SystemId = (statements: Statements, value: IndexValue & { kind: 'token' | 'quantity' }) => number;

export interface ElementRows {
  /** Adds the rows of the resource to the list. */
  add(statements: Statements, rows: IndexRows, resource: Resource): void;
}

export function createElementRows(
  dictionary: Dictionary,
  registry: SearchRegistry,
  systemId: SystemId,
): ElementRows {
  /** The columns text, number, low and high. */
  const columnsOf = (
    statements: Statements,
    value: IndexValue,
  ): readonly [string, number, number, number] => {
    switch (value.kind) {
      case 'token':
        return [value.code, systemId(statements, value), 0, 0];
      case 'quantity':
        return [value.code, systemId(statements, value), value.low, value.high];
      case 'reference':
        return ['', dictionary.targetId(statements, value.target), 0, 0];
      case 'date':
        return ['', 0, value.fromMs, value.untilMs];
      case 'string':
        return [value.folded, 0, 0, 0];
      case 'uri':
        return [value.uri, 0, 0, 0];
      case 'typed':
      case 'text':
        throw new Error('No composite parameter reads what stands beside a code.');
    }
  };

  return {
    add(statements, rows, resource) {
      for (const { element, key, values } of registry.elementEntries(resource)) {
        const keyId = dictionary.termId(statements, key);
        for (const value of values) {
          rows.element_value.push([keyId, element, ...columnsOf(statements, value)]);
        }
      }
    },
  };
}

/** The rows of `element_value` with the columns of the tables of each kind, so that the same conditions hold for them. */
export const elementColumns = `(SELECT row_id, key_id, element, text AS code, text AS folded, text AS uri,
  number AS system_id, number AS target_id, low, high, low AS from_ms, high AS until_ms FROM element_value)`;
