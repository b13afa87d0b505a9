// The numbers of names on SQLite are the same whether they are remembered, were forgotten, or are given for the first time.
import { createDictionary } from '../../../src/store/sqlite/dictionary.ts';
import { openDatabase } from '../../../src/store/sqlite/open-database.ts';
import { createStatements } from '../../../src/store/sqlite/statements.ts';

it('a name keeps its number when more names have come than are remembered', () => {
  const statements = createStatements(openDatabase(':memory:'));
  const dictionary = createDictionary(statements.insert);
  const names = Array.from({ length: 20_002 }, (_none, at) => `urn:system:${at}`);
  statements.run('BEGIN');
  const given = names.map((name) => dictionary.termId(statements, name));
  const again = names.map((name) => dictionary.termId(statements, name));
  statements.run('COMMIT');
  expect(again).toEqual(given);
  expect(new Set(given).size).toBe(names.length);
  expect(statements.get<{ rows: number }>('SELECT count(*) AS rows FROM term')?.rows).toBe(names.length);
  statements.database.close();
});
