// An update on SQLite writes only the index rows that differ, and leaves those that a new resource of the same content would have.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation, Resource, Task } from '@medplum/fhirtypes';
import { indexTableNames } from '../../../src/store/sql/index-tables.ts';
import { openDatabase } from '../../../src/store/sqlite/open-database.ts';
import { sqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { setUp } from '../../contract/store-under-test.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-index-'));
const path = join(folder, 'alongside.sqlite');
const { store, close } = sqliteStore({ path, ...setUp().given });
const beside = openDatabase(path);

afterAll(async () => {
  await close();
  beside.close();
  rmSync(folder, { recursive: true });
});

/** The index rows of a resource, without the number of its row. */
function rowsOf({ resourceType, id }: Resource): unknown {
  const rowId = beside
    .prepare('SELECT row_id FROM resource JOIN term ON term_id = type_id WHERE text = ? AND id = ?')
    .pluck()
    .get(resourceType, id);
  return Object.fromEntries(
    indexTableNames.map((table) => {
      const rows = beside.prepare(`SELECT * FROM ${table} WHERE row_id = ?`).all(rowId) as object[];
      return [table, rows.map((row) => JSON.stringify({ ...row, row_id: 0 })).sort()];
    }),
  );
}

const pressure: Observation & { id: string } = {
  resourceType: 'Observation',
  id: 'x',
  status: 'preliminary',
  code: { coding: [{ system: 'http://loinc.org', code: '85354-9', display: 'Blood pressure' }] },
  subject: { reference: 'Patient/p' },
  effectiveDateTime: '2026-01-01',
  component: [
    {
      code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] },
      valueQuantity: { value: 120, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
    },
  ],
};

const task: Task & { id: string } = {
  resourceType: 'Task',
  id: 'x',
  status: 'requested',
  intent: 'order',
  for: { reference: 'Patient/p' },
  owner: { reference: 'Practitioner/a' },
};

const courses: readonly (readonly [string, readonly (Resource & { id: string })[]])[] = [
  ['an Observation whose status changes', [pressure, { ...pressure, status: 'final' }]],
  [
    'an Observation that comes to stand under another code and another date',
    [
      pressure,
      { ...pressure, code: { coding: [{ system: 'http://loinc.org', code: '55284-4' }] } },
      { ...pressure, effectiveDateTime: '2025-12-01' },
    ],
  ],
  ['an Observation that loses its components', [pressure, { ...pressure, component: [] }]],
  [
    'an Observation that comes to be about another patient, and about nobody',
    [
      pressure,
      { ...pressure, subject: { reference: 'Patient/q' } },
      { ...pressure, subject: { display: 'Somebody' } },
    ],
  ],
  [
    'a Task that passes from one owner to another and is cancelled',
    [task, { ...task, owner: { reference: 'Practitioner/b' } }, { ...task, status: 'cancelled' }],
  ],
];

let twins = 0;

it.each(courses)('leaves the rows of a new resource for %s', async (_what, versions) => {
  for (const version of versions) {
    await store.update(version, { upsert: true });
    twins += 1;
    const twin = await store.create(version, { id: `twin-${twins}` });
    expect(rowsOf(version)).toEqual(rowsOf(twin.resource()));
  }
});

it('leaves them for an Observation that was deleted and comes back', async () => {
  await store.update({ ...pressure, id: 'back' }, { upsert: true });
  await store.delete('Observation', 'back');
  await store.update({ ...pressure, id: 'back', status: 'final' });
  const twin = await store.create({ ...pressure, status: 'final' }, { id: 'twin-back' });
  expect(rowsOf({ ...pressure, id: 'back' })).toEqual(rowsOf(twin.resource()));
});

it('writes one row for another status, and none for a change of what is not searched by', async () => {
  await store.update({ ...pressure, id: 'counted' }, { upsert: true });
  beside.exec(`CREATE TABLE written (what TEXT);
    ${indexTableNames
      .map(
        (table) => `
          CREATE TRIGGER ${table}_in AFTER INSERT ON ${table} BEGIN INSERT INTO written VALUES ('+ ${table}'); END;
          CREATE TRIGGER ${table}_out AFTER DELETE ON ${table} BEGIN INSERT INTO written VALUES ('- ${table}'); END;`,
      )
      .join('')}`);
  const written = () => beside.prepare('DELETE FROM written RETURNING what').pluck().all();
  await store.update({ ...pressure, id: 'counted', status: 'final' });
  expect(written()).toEqual(['- token_value', '+ token_value']);
  await store.update({ ...pressure, id: 'counted', status: 'final', issued: '2026-01-02T00:00:00Z' });
  expect(written()).toEqual([]);
});
