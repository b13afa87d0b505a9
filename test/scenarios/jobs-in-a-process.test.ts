// The service as it runs: what was missed is caught up once at start, a stop is in order, and JOBS=off is off.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, systemBearer } from '../support/child-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-jobs-process-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('runs each job once for its newest slot, also over restarts, and notes it as AuditEvents that can be searched', async () => {
  const bearer = await systemBearer(folder);
  const runs = async (base: string) => {
    const answer = await fetch(`${base}/AuditEvent?_total=accurate&subtype=sweep-dead-ends`, {
      headers: { Authorization: bearer },
    });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { readonly total: number }).total;
  };
  const off = await startChild(folder);
  await pause(2_000);
  expect(await runs(off.base)).toBe(0);
  expect(await off.stop()).toBe(0);

  for (let start = 0; start < 2; start += 1) {
    const child = await startChild(folder, undefined, { JOBS: 'on' });
    for (let waited = 0; (await runs(child.base)) === 0 && waited < 60; waited += 1) await pause(500);
    // Time for a second one, were there to be one.
    if (start === 1) await pause(3_000);
    expect(await runs(child.base)).toBe(1);
    expect(await child.stop()).toBe(0);
  }
}, 240_000);
