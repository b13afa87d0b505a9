// What the service keeps beside resources, as it is read: the source's numbers of names become the names themselves.
import type { Bindable } from '../sql/statements.ts';
import { type CopiedTable, copiedColumns } from './copied-tables.ts';
import type { NewRow, NumberGiver } from './copy-ends.ts';
import type { PageSpec } from './keyset-pages.ts';

export interface SideTable {
  readonly table: CopiedTable;
  /** In words, for people. */
  readonly label: string;
  readonly pages: PageSpec;
  /** Columns that hold the number of a name. */
  readonly names: readonly string[];
}

export type SideRow = Readonly<Record<string, Bindable>>;

function sideTable(
  table: CopiedTable,
  label: string,
  { keys, names = [], bytes }: Pick<PageSpec, 'keys' | 'bytes'> & { readonly names?: readonly string[] },
): SideTable {
  const columns = copiedColumns[table].map((column) =>
    names.includes(column)
      ? `(SELECT t.text FROM term t WHERE t.term_id = x.${column}) AS ${column}`
      : column,
  );
  return {
    table,
    label,
    names,
    pages: { table, columns: columns.join(', '), keys, ...(bytes !== undefined && { bytes }) },
  };
}

/** In the order in which they are copied: behind the resources, because the outbox looks for theirs. */
export const sideTables: readonly SideTable[] = [
  sideTable('claim', 'conditional creates', { keys: ['row_id'], names: ['type_id'] }),
  sideTable('outbox', 'changes (outbox)', { keys: ['sequence'] }),
  sideTable('kept_answer', 'kept answers', {
    keys: ['actor', 'key'],
    bytes: "octet_length(coalesce(body, ''))",
  }),
  sideTable('audit', 'audit rows', {
    keys: ['audit_id'],
    names: ['role_id', 'subject_id', 'token_id', 'interaction_id', 'type_id'],
  }),
  sideTable('token', 'tokens', { keys: ['id'] }),
  // A slot that was carried out before the copy is not carried out again behind it.
  sideTable('job_run', 'runs of jobs', { keys: ['job', 'slot'] }),
  // An import that was interrupted goes on in the copy.
  sideTable('import_file', 'imported files', { keys: ['file'] }),
];

const targetOf = (column: string, alias: string) => ({
  type: `(SELECT t.text FROM term t JOIN target g ON t.term_id = g.type_id WHERE g.target_id = x.${column}) AS ${alias}_type`,
  id: `(SELECT g.id FROM target g WHERE g.target_id = x.${column}) AS ${alias}_id`,
});
const [patient, reference] = [targetOf('patient_id', 'patient'), targetOf('reference_id', 'reference')];

/** Who sees what. Made anew in the target, and compared because so much rests on it. */
export const sightTables: readonly Pick<SideTable, 'label' | 'pages'>[] = [
  {
    label: 'rows in records',
    pages: {
      table: 'compartment',
      columns: `row_id, is_private, ${patient.type}, ${patient.id}`,
      keys: ['row_id'],
    },
  },
  {
    label: 'care ties',
    pages: {
      table: 'care_tie',
      columns: `row_id, ${reference.type}, ${reference.id}, ${patient.type}, ${patient.id}`,
      keys: ['row_id'],
    },
  },
];

/** The row as the target stores it. */
export function newSideRow({ table, names }: SideTable, row: SideRow, numbers: NumberGiver): NewRow {
  const values = copiedColumns[table].map((column) => {
    const value = row[column] ?? null;
    if (!names.includes(column)) return value;
    if (typeof value !== 'string') throw new Error(`A row of ${table} has a number without a name.`);
    return numbers.term(value);
  });
  return { table, values };
}
