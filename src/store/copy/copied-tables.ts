// The tables that a copy writes, with their columns. Everything of a statement that is not bound comes from here.
import { indexColumns, indexTableNames } from '../sql/index-tables.ts';

/** Where PostgreSQL has the patient whose record a row belongs to; SQLite does without. */
export const homeColumn = 'home_id';

const indexed = (columns: readonly string[]) => ['row_id', homeColumn, ...columns];

/** In the order in which they are written. */
export const copiedColumns = {
  version: ['row_id', homeColumn, 'version', 'last_updated', 'method', 'body', 'type_id'],
  resource: ['row_id', homeColumn, 'type_id', 'id', 'version', 'last_updated', 'method', 'deleted', 'body'],
  token_value: indexed(indexColumns.token_value),
  reference_value: indexed(indexColumns.reference_value),
  string_value: indexed(indexColumns.string_value),
  date_value: indexed(indexColumns.date_value),
  quantity_value: indexed(indexColumns.quantity_value),
  uri_value: indexed(indexColumns.uri_value),
  element_value: indexed(indexColumns.element_value),
  compartment: indexed(indexColumns.compartment),
  timeline: indexed(indexColumns.timeline),
  care_tie: indexed(indexColumns.care_tie),
  claim: ['row_id', 'type_id', 'condition'],
  outbox: ['sequence', 'row_id', 'version', 'method'],
  kept_answer: ['actor', 'key', 'call', 'content', 'kept_at', 'status', 'headers', 'body'],
  audit: [
    'audit_id',
    'at_ms',
    'role_id',
    'subject_id',
    'token_id',
    'request_id',
    'action',
    'interaction_id',
    'type_id',
    'id',
    'version',
    'query',
    'outcome',
  ],
  token: ['id', 'hash', 'role', 'subject', 'scopes', 'name', 'created_at', 'expires_at', 'revoked_at'],
  job_run: [
    'job',
    'slot',
    'state',
    'claim',
    'tries',
    'owner',
    'held_until_ms',
    'started_ms',
    'ended_ms',
    'counts',
  ],
  import_file: ['file', 'state'],
} as const satisfies Record<string, readonly string[]>;

export type CopiedTable = keyof typeof copiedColumns;

export const copiedTableNames = Object.keys(copiedColumns) as CopiedTable[];

const ofIndex: ReadonlySet<string> = new Set(indexTableNames);

/** Index rows may be made twice and are stored once. */
export const isIndexTable = (table: CopiedTable): boolean => ofIndex.has(table);

/** Those that are read row by row; the others are made anew from what these say. */
export const readTables = [
  'resource',
  'version',
  'claim',
  'outbox',
  'kept_answer',
  'audit',
  'token',
  'job_run',
  'import_file',
] as const satisfies readonly CopiedTable[];

/** Who sees what is compared too. */
export const comparedTables = [
  ...readTables,
  'compartment',
  'care_tie',
] as const satisfies readonly CopiedTable[];

/** How far a copy has come. While a database has this table it is no database to be served. */
export const progressTable = 'copy_progress';
