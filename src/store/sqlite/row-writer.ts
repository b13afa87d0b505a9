// Writes rows one by one: a call of SQLite takes a few microseconds.
import { type IndexRows, indexColumns, indexTableNames } from '../sql/index-tables.ts';
import type { RowWriter } from '../sql/row-writer.ts';
import type { SqliteStatements } from './statements.ts';

const insertions = Object.fromEntries(
  indexTableNames.map((table) => {
    const columns = ['row_id', ...indexColumns[table]];
    const marks = columns.map(() => '?').join(', ');
    return [table, `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${marks})`];
  }),
) as Record<keyof IndexRows, string>;

/** `writing` is the one connection that writes: the statements that the methods are given are its own. */
export function createRowWriter(writing: SqliteStatements): RowWriter {
  const insertIndexRows = (rowId: number, index: IndexRows): void => {
    for (const table of indexTableNames) {
      for (const values of index[table]) {
        writing.run(insertions[table], rowId, ...values);
      }
    }
  };
  return {
    insertResource(_statements, { typeId, id, lastUpdated, method, body }, index) {
      const rowId = writing.insert(
        'INSERT INTO resource (type_id, id, version, last_updated, method, deleted, body) VALUES (?, ?, 1, ?, ?, 0, ?)',
        typeId,
        id,
        lastUpdated,
        method,
        body,
      );
      insertIndexRows(rowId, index);
      writing.run('INSERT INTO outbox (row_id, version, method) VALUES (?, 1, ?)', rowId, method);
    },
    replaceResource(_statements, { rowId, version, lastUpdated, method, isDeleted, body }) {
      writing.run(
        `INSERT INTO version (row_id, version, last_updated, method, body, type_id)
           SELECT row_id, version, last_updated, method, body, type_id FROM resource WHERE row_id = ?`,
        rowId,
      );
      writing.run(
        'UPDATE resource SET version = ?, last_updated = ?, method = ?, deleted = ?, body = ? WHERE row_id = ?',
        version,
        lastUpdated,
        method,
        isDeleted ? 1 : 0,
        body,
        rowId,
      );
      writing.run('INSERT INTO outbox (row_id, version, method) VALUES (?, ?, ?)', rowId, version, method);
    },
    insertIndexRows: (_statements, rowId, index) => insertIndexRows(rowId, index),
  };
}
