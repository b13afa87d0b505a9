// A file with more rows and more bytes than one page of a copy holds, and one resource with more versions than that.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { searchParts } from '../../src/system.ts';

export interface Sizes {
  readonly patients: number;
  readonly versionsOfOne: number;
  /** Of 900 kB each; a page has 8 MB. */
  readonly large: number;
}

/** The path of the file in this folder. */
export async function makeManyPages(folder: string, sizes: Sizes): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'alongside.sqlite');
  let nowMs = Date.UTC(2026, 0, 1);
  const opened = sqliteStore({
    path,
    clock: { now: () => new Date(nowMs++) },
    newId: () => 'never',
    transactionTimeoutMs: 120_000,
    ...searchParts('http://alongside.example'),
  });
  await opened.store.transaction(async (store) => {
    for (let at = 0; at < sizes.patients; at += 1) {
      await store.create({ resourceType: 'Patient', name: [{ family: `Family ${at}` }] }, { id: `p-${at}` });
      await store.record({
        atMs: nowMs,
        actor: { role: 'system', tokenId: `token-${at % 7}` },
        requestId: `call-${at}`,
        action: 'C',
        interaction: 'create',
        resourceType: 'Patient',
        id: `p-${at}`,
        outcome: 'success',
      });
    }
    for (let at = 1; at < sizes.versionsOfOne; at += 1) {
      if (at % 10 === 9) await store.delete('Patient', 'p-3');
      else await store.update({ resourceType: 'Patient', id: 'p-3', name: [{ family: `Changed ${at}` }] });
    }
    for (let at = 0; at < sizes.large; at += 1) {
      const data = Buffer.alloc(675_000, at + 1).toString('base64');
      await store.create({ resourceType: 'Binary', contentType: 'image/png', data }, { id: `b-${at}` });
    }
  });
  await opened.close();
  return path;
}
