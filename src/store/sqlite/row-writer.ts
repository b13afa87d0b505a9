// Writes the rows of each table by a statement of a few rows: a call of SQLite takes a few microseconds, and a row in it less.
import { type IndexRows, type IndexTable, indexColumns, indexTableNames } from '../sql/index-tables.ts';
import type { RowWriter } from '../sql/row-writer.ts';
import type { Bindable } from '../sql/statements.ts';
import { removeUnwanted } from './index-changes.ts';
import type { SqliteStatements } from './statements.ts';

/** Rows in one statement at most: each number of rows has a statement of its own. */
const mostRows = 8;

/** The statements of a table for one row, two rows and so on. */
function insertionsInto(table: IndexTable): readonly string[] {
  const columns = ['row_id', ...indexColumns[table]];
  const row = `(${columns.map(() => '?').join(', ')})`;
  const into = `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES `;
  return Array.from(
    { length: mostRows },
    (_, at) => into + Array.from({ length: at + 1 }, () => row).join(', '),
  );
}

const insertions = new Map(indexTableNames.map((table) => [table, insertionsInto(table)]));

/** `writing` is the one connection that writes: the statements that the methods are given are its own. */
export function createRowWriter(writing: SqliteStatements): RowWriter {
  const insertIndexRows = (rowId: number, index: IndexRows): void => {
    for (const table of indexTableNames) {
      const rows = index[table];
      for (let from = 0; from < rows.length; from += mostRows) {
        const part = rows.slice(from, from + mostRows);
        const statement = insertions.get(table)?.[part.length - 1];
        const values: Bindable[] = [];
        for (const row of part) values.push(rowId, ...row);
        if (statement !== undefined) writing.run(statement, ...values);
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
    replaceIndexRows(_statements, rowId, index, timeline) {
      insertIndexRows(rowId, removeUnwanted(writing, rowId, index, timeline));
    },
    insertIndexRows: (_statements, rowId, index) => insertIndexRows(rowId, index),
  };
}
