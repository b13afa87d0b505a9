// The tables by which resources are found, and the rows of one resource in them.
import type { Bindable } from './statements.ts';

/** The tables of index rows, with their columns behind row_id. */
export const indexColumns = {
  token_value: ['parameter_id', 'code', 'system_id'],
  reference_value: ['parameter_id', 'target_id'],
  string_value: ['parameter_id', 'exact', 'folded'],
  date_value: ['parameter_id', 'from_ms', 'until_ms'],
  quantity_value: ['parameter_id', 'code', 'system_id', 'low', 'high'],
  uri_value: ['parameter_id', 'uri'],
  element_value: ['key_id', 'element', 'text', 'number', 'low', 'high'],
  compartment: ['patient_id', 'is_private'],
  timeline: ['patient_id', 'type_id', 'code', 'from_ms', 'system_id'],
  care_tie: ['reference_id', 'patient_id'],
} as const;

export type IndexTable = keyof typeof indexColumns;

/** In the order in which they are written. */
export const indexTableNames = Object.keys(indexColumns) as IndexTable[];

/** The rows of one resource: for each table the values of its columns. The same row may stand here twice; it is stored once. */
export type IndexRows = Record<IndexTable, Bindable[][]>;

export const noIndexRows = (): IndexRows => ({
  token_value: [],
  reference_value: [],
  string_value: [],
  date_value: [],
  quantity_value: [],
  uri_value: [],
  element_value: [],
  compartment: [],
  timeline: [],
  care_tie: [],
});
