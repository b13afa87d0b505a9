// npm run bench:scale: whether the service stays as fast when the database grows, from 1,000 patients with a course each to 100,000.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchDatabases, displayNames } from './bench/databases.ts';
import { fire } from './bench/fire.ts';
import { kindsOf, namesOf, secondsOf } from './bench/read-options.ts';
import { run } from './bench/run.ts';
import { type Dataset, dataset } from './bench/scale/dataset.ts';
import { type Figures, measureScale } from './bench/scale/measure-scale.ts';
import { scaleRowNames } from './bench/scale/scale-rows.ts';
import { startBareExpress } from './bench/service-process.ts';
import { textTable } from './bench/text-table.ts';

const usage = `Usage: node scripts/bench-scale.ts [seconds] [--only sqlite|postgres] [--sizes 1000,10000,100000] [--rows ${scaleRowNames.join(',')}]
         [--rounds n] [--data folder] [--load-only]

  seconds      how long each row is measured in each round; 5 unless said otherwise
  --rounds     how many rounds the latencies are the median of; 5 unless said otherwise
  --data       where the databases are kept and used again; without it they go when this ends
  --load-only  measures nothing
`;

const goalOfGrowth = 1.5;

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      sizes: { type: 'string' },
      rows: { type: 'string' },
      rounds: { type: 'string' },
      data: { type: 'string' },
      'load-only': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const sizes = (values.sizes ?? '1000,10000,100000').split(',').map(Number);
  if (!sizes.every((size) => Number.isInteger(size) && size > 0))
    throw new Error(`--sizes are whole numbers with commas between them, not "${values.sizes}".`);
  return {
    kinds: kindsOf(values.only),
    sizes: sizes.toSorted((a, b) => a - b),
    measuring: {
      seconds: secondsOf(positionals[0], 5),
      rounds: secondsOf(values.rounds, 5),
      rows: namesOf(values.rows, scaleRowNames),
    },
    data: values.data,
    isLoadOnly: values['load-only'] === true,
  };
}

async function bareRate(seconds: number): Promise<number> {
  const bare = await startBareExpress();
  const volley = { connections: 16, next: () => ({ method: 'GET' as const, path: '/observation' }) };
  try {
    await fire(bare, { ...volley, seconds: 2 });
    return (await fire(bare, { ...volley, seconds })).rate;
  } finally {
    await bare.stop();
  }
}

function sizesTable(datasets: readonly Dataset[]): string {
  return textTable(
    ['', 'patients', 'resources', 'loaded/s', 'MB on disk', 'KB a patient'],
    datasets.map(({ database, patients, resources, perSecond, sizeBytes }) => [
      displayNames[database.kind],
      patients.toString(),
      resources.toString(),
      Math.round(perSecond).toString(),
      Math.round(sizeBytes / 1e6).toString(),
      Math.round(sizeBytes / 1000 / patients).toString(),
    ]),
  );
}

function figuresTable(bare: number, figures: readonly Figures[]): string {
  return textTable(
    ['', 'patients', 'requests/s', 'ratio', 'p50 ms', 'p99 ms', 'p99 growth', 'failed'],
    figures.map(({ what, patients, rate, p50, p99, growth, failed }) => [
      what,
      patients.toString(),
      Math.round(rate).toString(),
      (rate / bare).toFixed(3),
      p50.toFixed(2),
      p99.toFixed(2),
      growth.toFixed(2),
      failed.toString(),
    ]),
  );
}

async function main(): Promise<void> {
  const asked = options();
  if (asked === undefined) {
    process.stdout.write(usage);
    return;
  }
  const { kinds, sizes, measuring, data } = asked;
  const folder = data === undefined ? mkdtempSync(join(tmpdir(), 'alongside-scale-')) : resolve(data);
  mkdirSync(folder, { recursive: true });
  const databases = benchDatabases(folder);
  try {
    const datasets: Dataset[] = [];
    for (const kind of kinds) {
      for (const patients of sizes) datasets.push(await dataset(databases, folder, kind, patients));
    }
    process.stdout.write(`\n${sizesTable(datasets)}\n`);
    if (asked.isLoadOnly) return;
    const before = await bareRate(measuring.seconds);
    const tables = new Map<string, readonly Figures[]>();
    for (const kind of kinds) {
      const own = datasets.filter(({ database }) => database.kind === kind);
      tables.set(displayNames[kind], await measureScale(own, measuring));
    }
    const bare = (before + (await bareRate(measuring.seconds))) / 2;
    process.stdout.write(`\nbare Express 5 res.json: ${Math.round(bare)} requests/s\n`);
    for (const [name, figures] of tables) {
      process.stdout.write(`\n${name}\n${figuresTable(bare, figures)}\n`);
    }
    process.stdout.write(
      `\nrequests/s at 16 connections, ${measuring.seconds} s; p50 and p99 at 4 connections, the median of ${measuring.rounds} rounds of ${measuring.seconds} s. ` +
        `p99 growth: as a multiple of that with ${sizes[0]} patients; goal of the searches: at most ${goalOfGrowth}.\n`,
    );
  } finally {
    await databases.stop();
    if (data === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

run(main);
