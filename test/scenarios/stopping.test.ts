// A service that is told to stop ends what it has in hand first, whether or not whoever asked still waits for the answer.
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle } from '@medplum/fhirtypes';
import { type ChildService, startChild, systemBearer } from '../support/child-service.ts';

const entries = 400;
const folder = mkdtempSync(join(tmpdir(), 'alongside-stopping-'));
let child: ChildService;
let bearer: string;
beforeAll(async () => {
  bearer = await systemBearer(folder);
}, 60_000);
const start = async (more: Readonly<Record<string, string>> = {}) => {
  child = await startChild(folder, undefined, more);
};
afterEach(async () => {
  if (child.isRunning()) await child.stop();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const faults = () => child.said().filter(({ level }) => level === 'error');

const batch = (note: string) =>
  JSON.stringify({
    resourceType: 'Bundle',
    type: 'batch',
    entry: Array.from({ length: entries }, (_none, at) => ({
      resource: {
        resourceType: 'Basic',
        id: `${note}-${at}`,
        identifier: [{ value: note }],
        code: { text: note },
      },
      request: { method: 'PUT', url: `Basic/${note}-${at}` },
    })),
  });

/** Sends it and hangs up when the service has begun with it. */
async function sendAndLeave(note: string): Promise<void> {
  const sent = request(child.base, {
    method: 'POST',
    headers: { Authorization: bearer, 'Content-Type': 'application/fhir+json' },
  });
  const left = new Promise<void>((resolve) => sent.once('close', resolve));
  sent.on('error', () => undefined);
  sent.end(batch(note));
  while (!(await isThere(`${note}-0`))) await new Promise((resolve) => setTimeout(resolve, 1));
  sent.destroy();
  await left;
}

const get = (path: string) => fetch(`${child.base}/${path}`, { headers: { Authorization: bearer } });
const isThere = async (id: string) => (await get(`Basic/${id}`)).ok;
async function stored(note: string): Promise<number> {
  const answer = await get(`Basic?_summary=count&identifier=${note}`);
  return ((await answer.json()) as Bundle).total ?? 0;
}

it('whatever was sent by somebody who has hung up is carried out whole, and nothing is said of a fault', async () => {
  await start();
  await sendAndLeave('left');
  expect(await child.stop()).toBe(0);
  expect(faults()).toEqual([]);
  await start();
  expect(await stored('left')).toBe(entries);
}, 60_000);

it('what cannot be ended in time is cut off between two entries, and that is no fault', async () => {
  await start({ SHUTDOWN_TIMEOUT_MS: '0' });
  await sendAndLeave('cut');
  expect(await child.stop()).toBe(0);
  expect(faults()).toEqual([]);
  expect(child.said()).toContainEqual(expect.objectContaining({ message: 'requests are cut off', left: 1 }));
  await start();
  expect([0, entries]).not.toContain(await stored('cut'));
}, 60_000);
