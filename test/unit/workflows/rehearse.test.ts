// A rehearsed write leaves nothing behind, and an operation leaves its row in the audit trail.
import type { Actor } from '../../../src/auth/actor.ts';
import { accessFor } from '../../../src/store/access-for.ts';
import { readSearchParameters } from '../../../src/store/read-search-parameters.ts';
import { sqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { WorkflowContext } from '../../../src/workflows/context.ts';
import { rehearse } from '../../../src/workflows/resources/rehearse.ts';

const { registry, compartment } = readSearchParameters('fhir-profiles/base');
const clock = { now: () => new Date('2026-11-20T09:00:00.000Z') };

function world(actor: Actor) {
  let ids = 0;
  const sqlite = sqliteStore({ path: ':memory:', clock, newId: () => `id-${++ids}`, registry, compartment });
  const facts = {
    patientsOf: (resource: Parameters<typeof compartment.patientsOf>[0]) => compartment.patientsOf(resource),
  };
  const access = accessFor(sqlite.store, { actor, requestId: 'request', clock }, facts);
  return { sqlite, access, context: access as WorkflowContext };
}

const system: Actor = { role: 'system', scopes: [], tokenId: 'token' };
const manager: Actor = { role: 'manager', scopes: [], tokenId: 'token' };

it('takes back what would be done, with its audit rows and its place in the outbox', async () => {
  const { sqlite, context } = world(system);
  const write = (within: WorkflowContext) => within.store.create({ resourceType: 'Patient' }, { id: 'x' });
  expect(await rehearse(context, write)).toBeUndefined();
  expect([await sqlite.count('audit'), await sqlite.count('outbox')]).toEqual([0, 0]);
  expect((await sqlite.store.read('Patient', 'x')).kind).toBe('missing');
  // What comes after it is stored as ever.
  await context.store.create({ resourceType: 'Patient' }, { id: 'x' });
  expect([await sqlite.count('audit'), await sqlite.count('outbox')]).toEqual([1, 1]);
  await sqlite.close();
});

it('answers with the refusal, which leaves its row; a bug is thrown on', async () => {
  const { sqlite, context } = world(manager);
  const refusal = await rehearse(context, (within) => within.store.create({ resourceType: 'Patient' }));
  expect(refusal?.status).toBe(403);
  expect([await sqlite.count('audit'), await sqlite.count('outbox')]).toEqual([1, 0]);
  const bug = new Error('a bug');
  await expect(rehearse(context, () => Promise.reject(bug))).rejects.toBe(bug);
  await sqlite.close();
});

it('notes an operation, and each page of a whole record', async () => {
  const { sqlite, access } = world(system);
  await access.noteOperation('Patient', '$validate');
  await access.store.patientRecord({ patientId: 'x', count: 1 });
  expect(await sqlite.count('audit')).toBe(2);
  await sqlite.close();
});
