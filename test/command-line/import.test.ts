// "import" on the command line: NDJSON files into the database, through the same checks as a PUT.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import { importFile } from '../../src/command-line/import-file.ts';
import { importBegin, readImportState } from '../../src/command-line/import-state.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { timeOrderedIds } from '../../src/runtime/ids.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { createSystem, type System } from '../../src/system.ts';
import type { WorkflowContext } from '../../src/workflows/context.ts';
import { findResources } from '../../src/workflows/resources/find-resources.ts';
import { runCommand } from '../support/command.ts';
import { compileCache } from '../support/compile-cache.ts';

const base = mkdtempSync(join(tmpdir(), 'alongside-import-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const freshFolder = () => mkdtempSync(join(base, `${++folders}-`));

const run = (dataDir: string, ...words: readonly string[]) =>
  runCommand(['import', ...words], { DATA_DIR: dataDir });

const patient = (id: string, extra: object = {}) =>
  JSON.stringify({ resourceType: 'Patient', id, name: [{ family: `Family-${id}` }], ...extra });

const openIn = (dataDir: string) =>
  createSystem({
    dataDir,
    createOnUpdate: true,
    requireIfMatch: false,
    version: 'test',
    clock: systemClock,
    timeZone: 'Europe/Amsterdam',
    newId: timeOrderedIds(systemClock),
    log: silentLog,
  });

/** The version of each id; 0 when it is not there. */
async function versions(dataDir: string, ids: readonly string[]): Promise<readonly number[]> {
  const system = await openIn(dataDir);
  try {
    const { store } = contextOf(system);
    const found = await Promise.all(ids.map((id) => store.read('Patient', id)));
    return found.map((result) => (result.kind === 'found' ? Number(result.version.versionId) : 0));
  } finally {
    await system.close();
  }
}

/** Has a batch of an import been stored? */
function hasStored(dataDir: string): boolean {
  const path = join(dataDir, 'alongside.sqlite');
  if (!existsSync(path)) return false;
  const database = new Sqlite(path, { readonly: true });
  try {
    return (
      database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'import_file'").get() !== undefined &&
      database.prepare('SELECT 1 FROM import_file').get() !== undefined
    );
  } finally {
    database.close();
  }
}

const contextOf = (system: System) => system.contextFor({ role: 'system', scopes: [], tokenId: 't' }, 'r');

async function importInto(system: System, context: WorkflowContext, file: string) {
  const kept = await contextOf(system).store.importState(file);
  const { size, mtimeMs: changedMs } = statSync(file);
  const silent = { show: () => undefined, end: () => undefined };
  return importFile(
    { context, served: new Set<string>(system.resourceTypes), progressOf: () => silent },
    { file, kept, state: kept === undefined ? importBegin({ size, changedMs }) : readImportState(kept) },
  );
}

/** As a process that is killed when its transaction is stored, before it hears of it. */
function endingBehindCommit(context: WorkflowContext): WorkflowContext {
  const { store } = context;
  const transaction: typeof store.transaction = async (work) => {
    await store.transaction(work);
    throw new Error('ended');
  };
  return { ...context, store: Object.assign(Object.create(store) as typeof store, { transaction }) };
}

const rejectedLines = (file: string) =>
  readFileSync(`${file}.rejected.ndjson`, 'utf8')
    .trimEnd()
    .split('\n')
    .map(
      (line) => JSON.parse(line) as { resourceType: string; id: string; issue: { diagnostics: string }[] },
    );

// Each run is a process of its own, which takes seconds on a busy machine.
const patienceMs = 120_000;

describe('an import', () => {
  it(
    'stores every line, several files in order, and is not done twice',
    async () => {
      const dataDir = freshFolder();
      const [a, b] = [join(dataDir, 'a.ndjson'), join(dataDir, 'b.ndjson')];
      writeFileSync(a, `${patient('a1')}\r\n\n${patient('a2')}\n`);
      writeFileSync(b, `${patient('b1')}\n${patient('a1', { active: true })}`);
      const first = await run(dataDir, '--file', a, '--file', b);
      expect([first.code, first.said]).toEqual([0, expect.stringContaining('a.ndjson: 100 %, 3 lines')]);
      expect(await versions(dataDir, ['a1', 'a2', 'b1'])).toEqual([2, 1, 1]);
      expect(existsSync(`${a}.rejected.ndjson`)).toBe(false);
      expect((await run(dataDir, '--file', a, '--file', b)).code).toBe(0);
      expect(await versions(dataDir, ['a1', 'a2', 'b1'])).toEqual([2, 1, 1]);
      expect((await run(dataDir, '--file', b, '--restart')).code).toBe(0);
      expect(await versions(dataDir, ['a1', 'a2', 'b1'])).toEqual([3, 1, 2]);
    },
    patienceMs,
  );

  it(
    'calls somebody in for an answer of today, and says of those that call nobody why',
    async () => {
      const dataDir = freshFolder();
      const file = join(dataDir, 'answers.ndjson');
      const question9 = { coding: [{ system: 'http://loinc.org', code: '44260-8' }] };
      const answer = (id: string, rest: object) =>
        JSON.stringify({
          resourceType: 'Observation',
          id,
          status: 'final',
          code: question9,
          subject: { reference: 'Patient/asked' },
          valueInteger: 1,
          ...rest,
        });
      const form = JSON.stringify({
        resourceType: 'QuestionnaireResponse',
        id: 'unknown-form',
        status: 'completed',
        questionnaire: 'https://elsewhere.example/Questionnaire/x',
        subject: { reference: 'Patient/asked' },
        item: [{ linkId: '1', answer: [{ valueInteger: 1 }] }],
      });
      const today = new Date().toISOString();
      writeFileSync(
        file,
        [
          answer('too-early', { effectiveDateTime: today }),
          patient('asked'),
          answer('old', { effectiveDateTime: '2015-03-01' }),
          answer('now', { effectiveDateTime: today }),
          form,
          '',
        ].join('\n'),
      );
      const { code, said } = await run(dataDir, '--file', file);
      expect([code, said]).toEqual([
        1,
        expect.stringMatching(
          /1 of 5 lines were rejected: .*\n2 of 5 lines hold answers that nobody was called in for: .*answers\.ndjson\.remarks\.ndjson says why\n/,
        ),
      ]);
      expect(rejectedLines(file)).toMatchObject([
        {
          id: 'line-1',
          issue: [{ diagnostics: expect.stringMatching(/Patient\/asked is not stored here/) as string }],
        },
      ]);
      const remarks = readFileSync(`${file}.remarks.ndjson`, 'utf8').trimEnd().split('\n');
      expect(remarks.map((line): unknown => JSON.parse(line))).toMatchObject([
        {
          id: 'line-3',
          issue: [
            {
              severity: 'warning',
              diagnostics: expect.stringMatching(/^This answer was given long/) as string,
            },
          ],
        },
        {
          id: 'line-5',
          issue: [
            {
              severity: 'warning',
              diagnostics: expect.stringMatching(/^The form of these answers/) as string,
            },
          ],
        },
      ]);
      const system = await openIn(dataDir);
      try {
        const { store } = contextOf(system);
        const tasks = await findResources(store, 'Task', []);
        expect(tasks.map(({ focus }) => focus?.reference)).toEqual(['Observation/now']);
      } finally {
        await system.close();
      }
    },
    patienceMs,
  );

  it(
    'leaves hostile and wrong lines out, says of each why, and stores the rest',
    async () => {
      const dataDir = freshFolder();
      const file = join(dataDir, 'hostile.ndjson');
      const lines: readonly (string | Buffer)[] = [
        patient('good-1'),
        '{"resourceType":"Patient","id":"cut',
        Buffer.concat([
          Buffer.from('{"resourceType":"Patient","id":"utf","name":[{"family":"'),
          Buffer.from([0xff, 0xfe]),
          Buffer.from('"}]}'),
        ]),
        '{"resourceType":"Patient","id":"twice","id":"twice-2"}',
        patient('huge', { name: [{ text: 'x'.repeat(5 * 1024 * 1024) }] }),
        '[1,2]',
        'null',
        '{"resourceType":"Nothing","id":"n"}',
        '{"resourceType":"Patient","name":[{"family":"No id"}]}',
        patient('../../etc'),
        patient('gender', { gender: 'nobody' }),
        '{"resourceType":"Patient","id":"p","__proto__":{"active":true}}',
        `${'['.repeat(100_000)}`,
        '{"resourceType":"Task","id":"t","status":"requested"}',
        patient('good-2'),
      ];
      writeFileSync(file, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])));
      const { code, said } = await run(dataDir, '--file', file);
      expect(code).toBe(1);
      expect(said).toContain('13 of 15 lines were rejected');
      const rejected = rejectedLines(file);
      expect(rejected.map(({ id }) => id)).toEqual(
        Array.from({ length: 13 }, (_none, at) => `line-${at + 2}`),
      );
      expect(rejected[3]?.issue[0]?.diagnostics).toBe('The line is longer than 1048576 bytes.');
      expect(new Set(rejected.map(({ resourceType }) => resourceType))).toEqual(
        new Set(['OperationOutcome']),
      );
      expect(await versions(dataDir, ['good-1', 'good-2', 'gender', 'twice', 'p'])).toEqual([1, 1, 0, 0, 0]);
      // What was rejected stays rejected, and the exit code with it.
      expect((await run(dataDir, '--file', file)).code).toBe(1);
      expect(rejectedLines(file)).toEqual(rejected);
    },
    patienceMs,
  );

  it(
    'goes on after a kill where it was: every line is stored once',
    async () => {
      const dataDir = freshFolder();
      const file = join(dataDir, 'many.ndjson');
      const ids = Array.from({ length: 12_000 }, (_none, at) => `m${at}`);
      writeFileSync(file, `${ids.map((id) => patient(id)).join('\n')}\n{"resourceType":"Patient"}\n`);
      const child = spawn(process.execPath, ['src/main.ts', 'import', '--file', file], {
        env: { DATA_DIR: dataDir, ...compileCache },
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      while (!hasStored(dataDir) && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 1));
      child.kill('SIGKILL');
      await ended;
      const some = (await versions(dataDir, ids)).filter((version) => version > 0).length;
      expect(some).toBeGreaterThan(0);
      expect(some).toBeLessThan(ids.length);
      const { code } = await run(dataDir, '--file', file);
      expect([code, rejectedLines(file).map(({ id }) => id)]).toEqual([1, ['line-12001']]);
      expect(new Set(await versions(dataDir, ids))).toEqual(new Set([1]));
    },
    patienceMs,
  );

  it(
    'that ended behind a commit goes on behind it: each version is stored once, and whatever there is to say is said',
    async () => {
      const dataDir = freshFolder();
      const file = join(dataDir, 'versions.ndjson');
      const inOrder = ['first', 'second', 'third'].map((family) => patient('a', { name: [{ family }] }));
      writeFileSync(file, `${[...inOrder, '{"resourceType":"Patient"}', patient('b')].join('\n')}\n`);
      const system = await openIn(dataDir);
      try {
        const ending = endingBehindCommit(contextOf(system));
        await expect(importInto(system, ending, file)).rejects.toThrow('ended');
        expect(await importInto(system, contextOf(system), file)).toMatchObject({ lines: 5, rejected: 1 });
      } finally {
        await system.close();
      }
      expect(await versions(dataDir, ['a', 'b'])).toEqual([3, 1]);
      expect(rejectedLines(file).map(({ id }) => id)).toEqual(['line-4']);
    },
    patienceMs,
  );

  it(
    'into another database begins anew, whatever is known of the file elsewhere',
    async () => {
      const dataDir = freshFolder();
      const file = join(dataDir, 'again.ndjson');
      writeFileSync(file, `${patient('again')}\n`);
      expect((await run(dataDir, '--file', file)).code).toBe(0);
      for (const name of readdirSync(dataDir).filter((each) => each.startsWith('alongside.sqlite')))
        rmSync(join(dataDir, name));
      expect((await run(dataDir, '--file', file)).code).toBe(0);
      expect(await versions(dataDir, ['again'])).toEqual([1]);
    },
    patienceMs,
  );

  it(
    'passes by lines of white space, and refuses a file that is compressed',
    async () => {
      const dataDir = freshFolder();
      const [blank, packed] = [join(dataDir, 'blank.ndjson'), join(dataDir, 'packed.ndjson.gz')];
      writeFileSync(blank, `  \n${patient('w')}\n\t \r\n\r\n`);
      writeFileSync(packed, gzipSync(`${patient('z')}\n`));
      expect((await run(dataDir, '--file', blank)).code).toBe(0);
      const refused = await run(dataDir, '--file', packed);
      expect([refused.code, refused.said]).toEqual([
        1,
        expect.stringContaining(`${packed} is compressed: unpack it first, such as by gunzip.`),
      ]);
      expect([existsSync(`${packed}.rejected.ndjson`), await versions(dataDir, ['w', 'z'])]).toEqual([
        false,
        [1, 0],
      ]);
    },
    patienceMs,
  );

  it.each([
    ['without a file', [], 2, '--file is needed.'],
    ['with an unknown option', ['--fast'], 2, '--fast'],
    ['of a file that is not there', ['--file', join(base, 'none.ndjson')], 1, 'is no file that can be read'],
    ['of a folder', ['--file', base], 1, 'is no file that can be read'],
  ])('%s is refused', async (_fault, words, code, said) => {
    const ended = await run(freshFolder(), ...words);
    expect([ended.code, ended.said]).toEqual([code, expect.stringContaining(said)]);
  });

  it(
    'of a file that has changed since asks for --restart; in memory it is refused; --help tells how',
    async () => {
      const dataDir = freshFolder();
      const file = join(dataDir, 'changed.ndjson');
      writeFileSync(file, `${patient('c1')}\n`);
      await run(dataDir, '--file', file);
      writeFileSync(file, `${patient('c1')}\n${patient('c2')}\n`);
      const changed = await run(dataDir, '--file', file);
      expect([changed.code, changed.said]).toEqual([1, expect.stringContaining('give --restart')]);
      expect((await run(dataDir, '--file', file, '--restart')).code).toBe(0);
      expect(await versions(dataDir, ['c2'])).toEqual([1]);
      expect((await run(':memory:', '--file', file)).code).toBe(2);
      expect((await run(dataDir, '--help')).said).toContain('Usage:');
    },
    patienceMs,
  );
});
