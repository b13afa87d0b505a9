// A failing run of the fuzzer is not lost: it says its seed and leaves its request behind, to be sent again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { keepFailing, keptRequests } from './kept-requests.ts';
import { fuzzRequests } from './requests.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-kept-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (fails: (path: string) => boolean) =>
  fc.check(
    fc.property(fuzzRequests(['Patient'], ['name'], ['x']), ({ path }) => {
      if (fails(path)) throw new Error('it was answered wrongly');
    }),
    { numRuns: 200, seed: 7 },
  );

it('leaves nothing behind when nothing fails', () => {
  keepFailing(
    folder,
    run(() => false),
  );
  expect(keptRequests(folder)).toEqual([]);
});

it('says the seed and keeps the smallest request that fails, which comes back as it was', () => {
  const failed = run((path) => path.startsWith('/fhir/Patient'));
  expect(() => keepFailing(folder, failed)).toThrow(/FUZZ_SEED=7 failed; kept in .*seed-7-\d+\.json/);
  const [kept, ...more] = keptRequests(folder);
  expect(more).toEqual([]);
  expect(kept?.found).toBe('it was answered wrongly');
  expect(kept?.request).toEqual(failed.counterexample?.[0]);
});
