// Runs the contract of writing at the same moment against SQLite, in memory and on disk.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestService } from '../support/test-system.ts';
import { concurrencyContract } from './concurrency-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'alongside-concurrency-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('many writers at once, in memory', () => {
  concurrencyContract(() => startTestService());
});

describe('many writers at once, on disk', () => {
  concurrencyContract(() => startTestService({ dataDir: mkdtempSync(join(folder, 'data-')) }));
});
