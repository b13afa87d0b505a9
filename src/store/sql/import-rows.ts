// Rows of files that are imported. They are written by the transaction that stores what was imported.
import { conflict } from '../../fhir/error.ts';
import type { ImportStep } from '../store.ts';
import type { Statements } from './statements.ts';

export function findImportState(statements: Statements, file: string): string | undefined {
  return statements.get<{ readonly state: string }>('SELECT state FROM import_file WHERE file = ?', file)
    ?.state;
}

export function keepImportState(statements: Statements, { file, from, to }: ImportStep): void {
  if (findImportState(statements, file) !== from) {
    throw conflict('Another import of this file is under way.');
  }
  statements.run(
    'INSERT INTO import_file (file, state) VALUES (?, ?) ON CONFLICT (file) DO UPDATE SET state = excluded.state',
    file,
    to,
  );
}
