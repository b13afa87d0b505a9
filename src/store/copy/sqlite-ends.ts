// A SQLite file as either end of a copy.
import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { PatientCompartment } from '../../fhir/compartment.ts';
import type { SearchRegistry } from '../../fhir/search/search-registry.ts';
import { createIndexRows } from '../sql/index-rows.ts';
import { indexFingerprints, insertFingerprint } from '../sql/index-state.ts';
import { createDictionary } from '../sqlite/dictionary.ts';
import { assertCurrentSchema, hasTable } from '../sqlite/migrate.ts';
import { openCopyTarget, openReader } from '../sqlite/open-database.ts';
import { createStatements, type SqliteStatements } from '../sqlite/statements.ts';
import { anotherCopy } from './another-copy.ts';
import {
  type CopiedTable,
  copiedColumns,
  copiedTableNames,
  homeColumn,
  isIndexTable,
  progressTable,
} from './copied-tables.ts';
import type { CopyReader, CopyTarget, NumberGiver } from './copy-ends.ts';
import { CopyError } from './copy-error.ts';

interface File {
  readonly path: string;
  readonly name: string;
}

/** The file itself, whatever path leads to it. */
function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `sqlite ${dev} ${ino}`;
}

const readerOver = ({ path, name }: File, statements: SqliteStatements): CopyReader => ({
  name,
  identity: identityOf(path),
  // SQLite answers at once: without a turn of the event loop for each page no signal and no timer would be heard.
  all: async (sql, values) => {
    await setImmediate();
    return statements.all(sql, values);
  },
  async close() {
    statements.database.close();
  },
});

/** Opens the file read only. Throws CopyError or SchemaError for what cannot be copied. */
export function openSqliteReader(file: File, isTarget: boolean): CopyReader {
  if (statSync(file.path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new CopyError(`${file.name}: there is no such file.`);
  }
  const database = openReader(file.path);
  try {
    // The first statement in it takes the state that all others see.
    database.exec('BEGIN');
    assertCurrentSchema(database, file.name, isTarget);
    return readerOver(file, createStatements(database));
  } catch (error) {
    database.close();
    throw error;
  }
}

const columnsOf = (table: CopiedTable): readonly string[] => copiedColumns[table];

const insertions = Object.fromEntries(
  copiedTableNames.map((table) => {
    const columns = columnsOf(table).filter((column) => column !== homeColumn);
    const how = isIndexTable(table) ? 'INSERT OR IGNORE' : 'INSERT';
    const sql = `${how} INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
    return [table, { sql, home: columnsOf(table).indexOf(homeColumn) }];
  }),
) as Record<CopiedTable, { readonly sql: string; readonly home: number }>;

export interface SearchParts {
  readonly registry: SearchRegistry;
  readonly compartment: PatientCompartment;
}

/** Makes the file when there is none. */
export function openSqliteTarget(file: File, { registry, compartment }: SearchParts): CopyTarget {
  const database = openCopyTarget(file.path);
  const statements = createStatements(database);
  const dictionary = createDictionary(statements.insert);
  const indexRows = createIndexRows(dictionary, registry, compartment);
  const numbers: NumberGiver = {
    term: (text) => dictionary.termId(statements, text),
    target: (target) => dictionary.targetId(statements, target),
    indexRows: (typeId, resource) => indexRows.rowsOf(statements, typeId, resource),
  };

  const atOnce = (work: () => void): void => {
    statements.run('BEGIN IMMEDIATE');
    try {
      work();
      statements.run('COMMIT');
      dictionary.keepCommitted();
    } catch (error) {
      dictionary.forgetUncommitted();
      if (database.inTransaction) statements.run('ROLLBACK');
      throw error;
    }
  };

  return {
    ...readerOver(file, statements),
    isHalfFilled: hasTable(database, progressTable),
    async begin(names, places) {
      atOnce(() => {
        for (const name of names) numbers.term(name);
        statements.run(`CREATE TABLE ${progressTable} (stage TEXT PRIMARY KEY, place TEXT NOT NULL) STRICT`);
        for (const [stage, place] of Object.entries(places)) {
          statements.run(`INSERT INTO ${progressTable} (stage, place) VALUES (?, ?)`, stage, place);
        }
      });
    },
    async store(batch, rowsOf, { stage, from, to }) {
      atOnce(() => {
        const where = `WHERE stage = ? AND place = ?`;
        if (statements.get(`SELECT 1 FROM ${progressTable} ${where}`, stage, from) === undefined) {
          throw anotherCopy(file.name);
        }
        for (const item of batch) {
          for (const { table, values } of rowsOf(item, numbers)) {
            const { sql, home } = insertions[table];
            statements.run(sql, ...(home < 0 ? values : values.toSpliced(home, 1)));
          }
        }
        statements.run(`UPDATE ${progressTable} SET place = ? ${where}`, to, stage, from);
      });
    },
    async finish() {
      atOnce(() => {
        for (const row of indexFingerprints(registry)) statements.run(insertFingerprint, ...row);
        statements.run(`DROP TABLE ${progressTable}`);
      });
    },
  };
}
