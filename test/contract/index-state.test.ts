// What was stored before a search parameter came, changed or went is found by the parameters of now, on both databases.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Observation, Task } from '@medplum/fhirtypes';
import { type PostgresServer, startPostgres } from '../../scripts/postgres/local-server.ts';
import { parseSearch } from '../../src/fhir/search/parse-search.ts';
import type { SearchParameterDefinition } from '../../src/fhir/search/search-parameter.ts';
import type { OpenedStore } from '../../src/store/opened-store.ts';
import { postgresStore } from '../../src/store/postgres/postgres-store.ts';
import { readSearchParameters } from '../../src/store/read-search-parameters.ts';
import { sqliteStore } from '../../src/store/sqlite/sqlite-store.ts';

let server: PostgresServer;
const folder = mkdtempSync(join(tmpdir(), 'alongside-index-'));

beforeAll(async () => {
  server = await startPostgres(['fsync=off']);
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const due = (expression: string): SearchParameterDefinition => ({
  url: 'https://example.org/SearchParameter/due',
  code: 'due',
  base: ['Task'],
  type: 'date',
  expression,
});

const task: Task = {
  resourceType: 'Task',
  status: 'requested',
  intent: 'order',
  authoredOn: '2026-03-01',
  for: { reference: 'Patient/p' },
  restriction: { period: { end: '2026-05-01' } },
};

const observation: Observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '72514-3' }] },
  subject: { reference: 'Patient/p' },
  effectiveDateTime: '2026-02-01',
};

const databases = {
  SQLite: () => Promise.resolve(join(folder, 'alongside.sqlite')),
  PostgreSQL: () => server.createDatabase(),
};

describe.each(Object.entries(databases))('on %s', (name, place) => {
  let ids = 0;

  /** The database with these parameters besides R4's; what was indexed anew. */
  async function open(at: string, besides: readonly SearchParameterDefinition[]) {
    const search = readSearchParameters('fhir-profiles/base', { besides });
    const options = {
      ...search,
      clock: { now: () => new Date(Date.UTC(2026, 5, 1)) },
      newId: () => `id-${++ids}`,
    };
    const opened: OpenedStore =
      name === 'SQLite'
        ? sqliteStore({ ...options, path: at })
        : await postgresStore({ ...options, url: at });
    const anew: Record<string, number> = {};
    await opened.bringIndexUpToDate((type, resources) => {
      anew[type] = resources;
    });
    const found = async (type: 'Task' | 'Observation', text: string): Promise<number> => {
      const parameters = [...new URLSearchParams(text)];
      const { query } = parseSearch(type, parameters, { registry: search.registry, handling: 'strict' });
      return (await opened.store.search(query)).matches.length;
    };
    return { opened, anew, found };
  }

  it('indexes the types that a parameter is for anew, and no others', async () => {
    const at = await place();
    const first = await open(at, []);
    expect(first.anew).toEqual({});
    for (let n = 0; n < 120; n += 1) await first.opened.store.create(task);
    await first.opened.store.create(observation);
    await first.opened.close();

    const again = await open(at, []);
    expect(again.anew).toEqual({});
    await again.opened.close();

    const second = await open(at, [due('Task.restriction.period')]);
    expect(second.anew).toEqual({ Task: 120 });
    expect(await second.found('Task', 'due=le2026-05-02&_count=200')).toBe(120);
    expect(await second.found('Task', 'due=ge2026-05-02')).toBe(0);
    expect(await second.found('Task', 'patient=Patient/p&status=requested&_count=200')).toBe(120);
    expect(await second.found('Observation', 'patient=p&code=72514-3&_sort=-date')).toBe(1);
    await second.opened.close();

    const third = await open(at, [due('Task.authoredOn')]);
    expect(third.anew).toEqual({ Task: 120 });
    expect(await third.found('Task', 'due=le2026-03-02&_count=200')).toBe(120);
    expect(await third.found('Task', 'due=ge2026-04-01')).toBe(0);
    await third.opened.close();
  });
});
